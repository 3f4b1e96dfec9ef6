"""What is added to the factors' scores: what each movie of a user's own history says for others, popularity.

Added up in float64: the order of the additions then changes no list, and training may use another one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FLAT = 1e-6  # scores without any spread order nothing
Sums = npt.NDArray[np.float64]


class Later(NamedTuple):
    """What a user did since the training, newest first: movies without those of the training.

    `liking` is how much each says that the user likes it, `strength` what that weighs today; what the
    training's movies weigh is to be multiplied by `fade`.
    """

    movies: list[int]
    liking: Sums
    strength: Sums
    fade: float


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

    def scores(self, user_row: int, later: Later | None = None) -> Sums:
        """Return what is added to the score of every movie, shape (M,)."""
        sums = None
        if weight := float(self._user_item[user_row]):
            sums = self.sums(*self._with_later(user_row, weight, later))
        if sums is None:
            sums = np.zeros(len(self._popular_score))
        if popular := float(self._user_popular[user_row]):
            sums += self.popular(popular)
        return sums

    def sums(self, history: Sequence[int], strength: Sums) -> Sums | None:
        """Return what a history says for every movie, not weighted, shape (M,); None where there is none."""
        added = self._spoken(history, strength)
        if added is None:
            return None
        # bincount over all rows at once: a dense addition for each row took three times as long.
        count = len(self._popular_score)
        return np.bincount(added.movies, added.amounts, count).astype(np.float64, copy=False)

    def told(self, history: Sequence[int], strength: Sums, rows: Sequence[int]) -> Sums:
        """Return what each movie of a history adds to those sums of each row, shape (rows, history)."""
        amounts = np.zeros((len(rows), len(history)))
        if (added := self._spoken(history, strength)) is not None:
            place = np.full(len(self._popular_score), -1)
            place[rows] = np.arange(len(rows))
            wanted = place[added.movies]
            here = np.flatnonzero(wanted >= 0)
            spoken_by = np.repeat(np.arange(len(added.sizes)), added.sizes)
            amounts[wanted[here], spoken_by[here]] = added.amounts[here]
        return amounts

    def popular(self, weight: float) -> Sums:
        """Return the popularity part with a weight, shape (M,)."""
        part: Sums = weight * self._popular_score.astype(np.float64)
        return part

    def amounts(self, user_row: int, rows: Sequence[int], later: Later | None = None) -> Sums | None:
        """Return what each movie of the history adds to the score of each row, shape (rows, history).

        What came later is the end of the history. None where this part has no weight for the user.
        """
        weight = float(self._user_item[user_row])
        return self.told(*self._with_later(user_row, weight, later), rows) if weight else None

    def popular_weight(self, user_row: int) -> float:
        return float(self._user_popular[user_row])

    def popular_scores(self, rows: Sequence[int]) -> Sums:
        """Return what popularity adds to the score of each row, before its weight, shape (rows,)."""
        popular: Sums = self._popular_score[rows].astype(np.float64)
        return popular

    def spoken_for(self, movie: int, n: int) -> tuple[list[int], npt.NDArray[np.float32]]:
        """Return the up to n other movies that a watch of this one speaks most for, and by how much."""
        row = slice(self._starts[movie], self._starts[movie + 1])
        movies, weights = self._neighbours[row], self._weights[row]
        able = np.flatnonzero((weights > 0) & (movies != movie))
        chosen = able[np.argsort(-weights[able], kind="stable")[:n]]
        return movies[chosen].tolist(), weights[chosen]

    def history_of(self, user_row: int) -> tuple[list[int], Sums]:
        """Return the movies of a user's training, and what each weighs."""
        begin, end = self._seen_indptr[user_row], self._seen_indptr[user_row + 1]
        return self._seen_items[begin:end].tolist(), self._strength[begin:end].astype(np.float64)

    def _with_later(self, user_row: int, weight: float, later: Later | None) -> tuple[list[int], Sums]:
        history, strength = self.history_of(user_row)
        if later is not None:
            history += later.movies
            strength = np.append(strength * later.fade, later.strength)
        return history, weight * strength

    def _spoken(self, history: Sequence[int], strength: Sums) -> Added | None:
        if not history:
            return None
        starts = self._starts
        rows = [slice(starts[movie], starts[movie + 1]) for movie in history]
        sizes = [row.stop - row.start for row in rows]
        neighbours, weights = self._neighbours, self._weights
        movies = np.concatenate([neighbours[row] for row in rows], dtype=np.intp)
        amounts = np.concatenate([weights[row] for row in rows], dtype=np.float64)
        amounts *= np.repeat(strength, sizes)
        return Added(movies, amounts, sizes)
