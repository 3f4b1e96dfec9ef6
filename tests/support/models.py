"""Generated models of any size, for tests and benchmarks: random factors, real shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.artifact import Model, Movies, load, save
from app.model_format import without_item_part
from app.recommender import Recommender
from app.serving import ModelSlot, ServedModel

GENRES = ("Comedy", "Drama", "Horror", "Sci-Fi")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a generated model is; `stored` users, the first ones, have a stored list.

    `neighbours` is the mean number of item-to-item weights of a movie; without any there is no item part.
    """

    users: int = 50
    movies: int = 200
    rank_factors: int = 6
    rating_factors: int = 4
    stored: int = 30
    list_length: int = 100
    seen_per_user: int = 10
    min_events: int = 5
    neighbours: int = 0


def make_arrays(size: Size, seed: int = 1) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a model; users have the ids 1..U, every tenth has too few events for a list."""
    rng = np.random.default_rng(seed)
    factors = size.rank_factors + size.rating_factors
    popularity = np.sort(rng.pareto(1.2, size.movies).astype("f4"))[::-1]
    seen = rng.integers(0, size.movies, (size.users, size.seen_per_user), dtype=np.int32)
    seen[:, :1] %= 10  # everybody has seen something popular
    events = np.full(size.users, size.seen_per_user, dtype="i4")
    events[9::10] = size.min_events - 1
    list_row = np.full(size.users, -1, dtype="i4")
    list_row[: size.stored] = np.arange(size.stored)
    arrays = {
        "user_ids": np.arange(1, size.users + 1),
        "user_events": events,
        "user_factors": rng.normal(0, 0.3, (size.users, factors)).astype("f4"),
        "user_blend": np.tile(np.array([1.0, 0.2], dtype="f4"), (size.users, 1)),
        "user_bias": rng.normal(0, 0.3, size.users).astype("f4"),
        "user_list_row": list_row,
        "top_items": np.zeros((size.stored, size.list_length), dtype="i4"),
        "seen_indptr": np.arange(size.users + 1) * size.seen_per_user,
        "seen_items": np.sort(seen, axis=1).ravel(),
        "item_factors": rng.normal(0, 0.3, (size.movies, factors + 1)).astype("f4"),
        "item_popularity": popularity,
        "popular_order": np.argsort(-popularity, kind="stable"),
        "genre_mask": rng.random((len(GENRES), size.movies)) < 0.3,
    }
    return {**without_item_part(arrays), **arrays, **(_item_part(size, seed) if size.neighbours else {})}


def _item_part(size: Size, seed: int) -> dict[str, npt.NDArray[Any]]:
    """Return weights between any movies, most of them above 0; every fifth user's scores have none."""
    rng = np.random.default_rng(seed)
    related = rng.random((size.movies, size.movies)) < min(size.neighbours / size.movies, 1)
    item = np.full(size.users, 3, dtype="f4")
    item[4::5] = 0
    return {
        "seen_strength": rng.random(size.users * size.seen_per_user, dtype="f4"),
        "user_item": item,
        "user_popular": np.where(np.arange(size.users) % 3 > 0, 0.5, 0).astype("f4"),
        "item_indptr": np.concatenate([[0], np.cumsum(related.sum(axis=1))]),
        "item_neighbours": np.nonzero(related)[1].astype("i4"),
        "item_weights": rng.normal(0.05, 0.1, related.sum()).astype("f4"),
        "item_popular_score": rng.random(size.movies, dtype="f4"),
    }


def make_details(size: Size, version: str) -> Mapping[str, Any]:
    """Return what a manifest needs beside the files."""
    return {
        "version": version,
        "created_at": "2026-11-01T00:00:00Z",
        "code_revision": "0000000",
        "data": {"hash": "0" * 64},
        "metrics": {"rmse": 0.9},
        "scalars": {"min_events": size.min_events, "rank_factors": size.rank_factors, "global_mean": 3.5},
    }


def make_movies(size: Size) -> Movies:
    """Return ids in the stream's shape, a title each, and the genres."""
    years = [1950 + number % 75 for number in range(size.movies)]
    return Movies(
        [f"film+{number}+{year}" for number, year in enumerate(years)],
        [f"Film {number} ({year})" for number, year in enumerate(years)],
        list(GENRES),
    )


def write_model(
    folder: Path,
    size: Size | None = None,
    *,
    version: str = "20261101T0000-00000000",
    seed: int = 1,
    movies: Movies | None = None,
) -> Model:
    """Write a generated model whose stored lists hold what its scores say, and open it."""
    size = size or Size()
    arrays = make_arrays(size, seed)
    movies, details = movies or make_movies(size), make_details(size, version)
    store_lists(Model({**details, "files": {}}, arrays, movies), size)
    save(folder, arrays, movies, details)
    return load(folder)


def store_lists(model: Model, size: Size) -> None:
    """Put into a model in memory what its scores say, for the first users."""
    recommender = Recommender(model)
    for row in range(size.stored):
        scores = recommender.scores(row)
        order = np.argsort(-scores, kind="stable")[: size.list_length]
        model.arrays["top_items"][row, : len(order)] = np.where(np.isfinite(scores[order]), order, -1)


def in_use(slot: ModelSlot) -> ServedModel:
    """Return what a slot serves; only one of several models may be missing."""
    assert slot.current is not None
    return slot.current
