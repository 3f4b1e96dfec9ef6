"""`python -m benchmarks.list_cache FOLDER`: what `LIST_CACHE` gains for users without a stored list."""

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from app.artifact import load
from app.recent.cached import HIT, CachedLists
from app.recent.port import Lists, ModelLists
from app.recommender import Recommender
from benchmarks.model import STORED, USERS, bench_model
from benchmarks.report import say

SKEWS = (0.6, 0.8, 1.0)  # how often the k-th keenest user asks: 1 / k ** skew
KEPT = 10_000
ASKS, WARM = 20_000, 20_000
SOME = 400  # asked for in turn with and without


def askers(skew: float, count: int) -> list[int]:
    """Return who asks, of all without a stored list."""
    ranks = np.arange(1, USERS - STORED + 1)
    share = 1 / ranks**skew
    rng = np.random.default_rng(1)
    found: list[int] = (STORED + rng.choice(rng.permutation(ranks), count, p=share / share.sum())).tolist()
    return found


def measure(recommender: Recommender, skew: float) -> str:
    """Return the share of hits and the processor time of a list, in turns with and without."""
    counts = Counter[str]()
    plain, cached = ModelLists(), CachedLists(ModelLists(), KEPT, lambda one: counts.update([one]))
    users = askers(skew, WARM + ASKS)
    for user in users[:WARM]:
        cached.recommend(recommender, user)
    counts.clear()
    spent = Counter[str]()
    for at in range(WARM, WARM + ASKS, SOME):
        some = users[at : at + SOME]
        spent["without"] += _ns(plain, recommender, some)
        spent["with"] += _ns(cached, recommender, some)
    without, kept = (spent[side] / ASKS / 1000 for side in ("without", "with"))
    return f"skew {skew}: {counts[HIT] / ASKS:.0%} found, {without:.0f} us without, {kept:.0f} with"


def _ns(lists: Lists, recommender: Recommender, users: list[int]) -> int:
    began = time.process_time_ns()
    for user in users:
        lists.recommend(recommender, user)
    return time.process_time_ns() - began


if __name__ == "__main__":
    model = Recommender(load(bench_model(Path(sys.argv[1]), 64)))
    for skew in SKEWS:
        say(measure(model, skew))
