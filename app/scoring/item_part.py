"""What is added to the factors' scores: what each movie of a user's own history says for others, popularity.

Added up in float64: the order of the additions then changes no list, and training may use another one.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Sums = npt.NDArray[np.float64]
Movies = npt.NDArray[np.int32]


class Added(NamedTuple):
    """The entries of the rows of B that a user's history picks, one after another."""

    movies: npt.NDArray[np.intp]
    amounts: Sums
    sizes: list[int]  # entries of each movie of the history


class ItemPart:
    """Item-to-item weights B and the popularity part of one model."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._strength = arrays["seen_strength"]
        self._user_item = arrays["user_item"]
        self._user_popular = arrays["user_popular"]
        self._starts = arrays["item_indptr"].data
        self._neighbours = arrays["item_neighbours"]
        self._weights = arrays["item_weights"]
        self._popular_score = arrays["item_popular_score"]
        self._seen_indptr = arrays["seen_indptr"]
        self._seen_items = arrays["seen_items"]
        self.has_weights = len(self._weights) > 0
        self.is_empty = not (self.has_weights and self._user_item.any()) and not self._user_popular.any()

    def scores(self, user_row: int) -> Sums:
        """Return what is added to the score of every movie, shape (M,)."""
        movies = len(self._popular_score)
        added = self._added(user_row)
        # bincount over all rows at once: a dense addition for each row took three times as long.
        sums = np.zeros(movies)
        if added is not None:
            sums = np.bincount(added.movies, added.amounts, movies).astype(np.float64, copy=False)
        if popular := float(self._user_popular[user_row]):
            sums += popular * self._popular_score.astype(np.float64)
        return sums

    def _added(self, user_row: int) -> Added | None:
        weight = float(self._user_item[user_row])
        begin, end = self._seen_indptr[user_row], self._seen_indptr[user_row + 1]
        if not weight or begin == end:
            return None
        starts = self._starts
        history = self._seen_items[begin:end].tolist()
        rows = [slice(starts[movie], starts[movie + 1]) for movie in history]
        sizes = [row.stop - row.start for row in rows]
        neighbours, weights = self._neighbours, self._weights
        movies = np.concatenate([neighbours[row] for row in rows], dtype=np.intp)
        amounts = np.concatenate([weights[row] for row in rows], dtype=np.float64)
        amounts *= np.repeat(weight * self._strength[begin:end].astype(np.float64), sizes)
        return Added(movies, amounts, sizes)
