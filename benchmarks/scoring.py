"""`python -m benchmarks.scoring`: processor time to score every movie for a user without a stored list."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.artifact import Model
from app.model_format import ORDER, without_item_part
from app.recommender import Recommender
from benchmarks.report import Table
from tests.support.models import Size, make_arrays, make_details, make_movies

MOVIES = 27_000
WEIGHTS = 100 * MOVIES
HISTORIES = (20, 60, 200)
USERS = 60
ROUNDS = 9


def main() -> int:
    """Measure histories of each length with and without both kinds of scores, in turns."""
    if (
        os.environ.get("OPENBLAS_NUM_THREADS") != "1"
    ):  # read when numpy is loaded: begin again, as it is served
        os.execve(sys.executable, sys.orig_argv, {**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    table = Table()
    for seen in HISTORIES:
        recommenders = _recommenders(seen)
        users = range(1, USERS + 1)
        table.title(f"{MOVIES:,} movies, {seen} of them seen, 64 + 36 factors; us of processor time")
        for what, ask in (("scores", _score), ("list", _list), ("reasons", _reasons)):
            found = _alternating(recommenders, ask, users)
            for name, times in found.items():
                table.promise(f"{what}, {name}", statistics.median(times), None)
        places = recommenders["factors and items"].model.arrays["item_indptr"]
        history = recommenders["factors and items"].model.arrays["seen_items"]
        table.line(f"{np.diff(places)[history].sum() / USERS:,.0f} weights a user")
    return 0


def _alternating(
    recommenders: dict[str, Recommender], ask: Callable[[Recommender, int], object], users: Sequence[int]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in recommenders}
    for _ in range(ROUNDS):
        for name, recommender in recommenders.items():
            started = time.process_time()
            for user in users:
                ask(recommender, user)
            found[name].append((time.process_time() - started) / len(users) * 1e6)
    return found


def _score(recommender: Recommender, user: int) -> object:
    return recommender.scores(user - 1)


def _list(recommender: Recommender, user: int) -> object:
    return recommender.recommend(user)


def _reasons(recommender: Recommender, user: int) -> object:
    return recommender.reasons(user - 1, recommender.recommend(user))


def _recommenders(seen: int) -> dict[str, Recommender]:
    size = Size(USERS, MOVIES, 64, 36, stored=0, seen_per_user=seen)
    rng = np.random.default_rng(1)
    share = np.arange(1, MOVIES + 1, dtype=np.float64) ** -0.8
    share /= share.sum()
    history = [np.sort(rng.choice(MOVIES, seen, replace=False, p=share)) for _ in range(USERS)]
    events = np.full(USERS, seen, dtype="i4")
    factors = {**make_arrays(size), "seen_items": np.concatenate(history).astype("i4"), "user_events": events}
    factors["item_factors"] = np.asarray(factors["item_factors"], order=ORDER["item_factors"])
    items = _item_part(rng, share, size)
    parts = {
        "factors": {**factors, **without_item_part(factors)},
        "factors and items": {**factors, **items},
        "items": {**factors, **items, "user_blend": np.zeros((USERS, 2), dtype="f4")},
    }
    details, movies = make_details(size, "bench"), make_movies(size)
    return {name: Recommender(Model(details, arrays, movies)) for name, arrays in parts.items()}


def _item_part(
    rng: np.random.Generator, share: npt.NDArray[np.floating[Any]], size: Size
) -> dict[str, npt.NDArray[Any]]:
    """Return weights of which half lie with movies by their popularity, up to 2,000 of one."""
    lengths = np.minimum(WEIGHTS / 2 * (share + 1 / MOVIES), 2000).astype(int)
    rows = [np.sort(rng.choice(MOVIES, length, replace=False)) for length in lengths]
    return {
        "seen_strength": rng.random(size.users * size.seen_per_user, dtype="f4"),
        "user_item": np.ones(size.users, dtype="f4"),
        "user_popular": np.full(size.users, 0.1, dtype="f4"),
        "item_indptr": np.concatenate([[0], np.cumsum(lengths)]),
        "item_neighbours": np.concatenate(rows).astype("i4"),
        "item_weights": rng.normal(0.03, 0.05, lengths.sum()).astype("f4"),
        "item_popular_score": rng.random(MOVIES, dtype="f4"),
    }


if __name__ == "__main__":
    sys.exit(main())
