"""`python -m benchmarks.list_cache FOLDER`: what `LIST_CACHE` gains for users without a stored list."""

import os
import sys
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as in a worker

import numpy as np

from app.artifact import load
from app.recent.cached import HIT, CachedLists
from app.recent.port import Lists, ModelLists
from app.recommender import PERSONAL, Answer, Recommender
from benchmarks.model import STORED, USERS, bench_model
from benchmarks.report import say

SKEWS = (0.6, 0.8, 1.0)  # how often the k-th keenest user asks: 1 / k ** skew
KEPT = 10_000
ASKS, WARM = 2000, 40_000
SOME = 200  # asked for in turn with and without


class Warming(ModelLists):
    """Makes no list at first, only a place for it: filling what is kept would take minutes."""

    is_warm = False

    def recommend(
        self,
        recommender: Recommender,
        user_id: int,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
    ) -> Answer:
        if self.is_warm:
            return super().recommend(recommender, user_id, n, exclude, genre)
        return Answer([], PERSONAL)


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
    plain, behind = ModelLists(), Warming()
    cached = CachedLists(behind, KEPT, lambda one: counts.update([one]))
    users = askers(skew, WARM + ASKS)
    for user in users[:WARM]:
        cached.recommend(recommender, user)
    counts.clear()
    behind.is_warm = True
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
