"""A model of the size that is promised, generated: timing does not ask what the numbers mean."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app import artifact
from app.model_format import without_item_part
from tests.support.models import GENRES, Size, make_details, make_movies

USERS = 1_000_000
MOVIES = 27_000
LIST_LENGTH = 100
# A fifth of the users has a stored list: with 100 titles each, 80 MB. Everybody's lists would be 400 MB; the
# rest, and filters that a list cannot answer, are scored when asked, which takes half a millisecond.
STORED = USERS // 5
SEEN_PER_USER = 30


def size_of(factors: int) -> Size:
    """Return the size with two thirds of the factors for ranking."""
    rank = factors * 2 // 3
    return Size(USERS, MOVIES, rank, factors - rank, STORED, LIST_LENGTH, SEEN_PER_USER)


def bench_model(root: Path, factors: int, seed: int = 1) -> Path:
    """Return the folder of the generated model, made when it is not there; each seed makes another one."""
    name = f"users-{USERS}-movies-{MOVIES}-factors-{factors}"
    folder = root / (name if seed == 1 else f"{name}-seed-{seed}")
    if not folder.exists():
        size = size_of(factors)
        details = make_details(size, f"bench-{factors}" if seed == 1 else folder.name)
        artifact.save(folder, _arrays(size, seed), make_movies(size), details)
    return folder


def _arrays(size: Size, seed: int) -> dict[str, npt.NDArray[Any]]:
    rng = np.random.default_rng(seed)
    factors = size.rank_factors + size.rating_factors
    half = size.movies // 2
    popularity = np.sort(rng.pareto(1.2, size.movies).astype("f4"))[::-1]
    # Seen titles lie in the popular half and stored lists in the other, so that no list holds a seen title.
    seen = np.sort(rng.integers(0, half, (size.users, size.seen_per_user), dtype=np.int32), axis=1)
    first = rng.integers(half, size.movies - size.list_length, (size.stored, 1), dtype=np.int32)
    list_row = np.full(size.users, -1, dtype="i4")
    list_row[: size.stored] = np.arange(size.stored)
    arrays = {
        "user_ids": np.arange(1, size.users + 1),
        "user_events": np.full(size.users, size.seen_per_user, dtype="i4"),
        "user_factors": _normal(rng, size.users, factors),
        "user_blend": np.tile(np.array([1.0, 0.2], dtype="f4"), (size.users, 1)),
        "user_bias": _normal(rng, size.users),
        "user_list_row": list_row,
        "top_items": first + np.arange(size.list_length, dtype=np.int32),
        "seen_indptr": np.arange(size.users + 1) * size.seen_per_user,
        "seen_items": seen.ravel(),
        "item_factors": _normal(rng, size.movies, factors + 1),
        "item_popularity": popularity,
        "popular_order": np.arange(size.movies, dtype=np.int32),
        "genre_mask": rng.random((len(GENRES), size.movies)) < 0.05,
    }
    return {**without_item_part(arrays), **arrays}


def _normal(rng: np.random.Generator, *shape: int) -> npt.NDArray[np.float32]:
    numbers: npt.NDArray[np.float32] = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.3)
    return numbers
