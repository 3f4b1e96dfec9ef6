"""Scores of a user for whom training found no weights, from what is known to have been done."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.scoring.item_part import FLAT, ItemPart, Later, Sums

BLOCK = 4096  # movies at a time are brought to double precision


class Weights(NamedTuple):
    """What factors and items, each brought to deviation 1, and popularity count."""

    factors: float
    items: float
    popular: float


class OwnScores:
    """The parts of a score as training would have weighted them, had it met the user.

    Factors are solved for the model's movies (Hu, Koren & Volinsky, 2008, eq. 4), as training does. Models
    whose manifest has no `fold_in_regularization` have items and popularity alone.
    """

    def __init__(
        self, factors: npt.NDArray[np.float32], scalars: Mapping[str, Any], item_part: ItemPart
    ) -> None:
        self._items = item_part
        self._factors = factors
        self._regularization = float(scalars.get("fold_in_regularization", 0))
        self._gain = float(scalars.get("fold_in_gain", 0))
        self.has_factors = self._regularization > 0 and self._gain > 0
        self._base: Sums = _base(factors, self._regularization) if self.has_factors else np.zeros((0, 0))

    def scores(self, user_row: int | None, later: Later, weights: Weights) -> Sums | None:
        """Score every movie, shape (M,); None where neither factors nor items say anything."""
        history, strength = ([], np.zeros(0)) if user_row is None else self._items.history_of(user_row)
        movies, total = [*history, *later.movies], None
        parts = (
            (self._of_factors, np.append(strength, later.liking), weights.factors),
            (self._items.sums, np.append(strength * later.fade, later.strength), weights.items),
        )
        for part, counted, weight in parts:
            scores = part(movies, counted) if weight else None
            if scores is not None and (deviation := float(scores.std())) > FLAT:
                scores *= weight / deviation
                total = scores if total is None else total + scores
        return None if total is None else total + self._items.popular(weights.popular)

    def _of_factors(self, movies: list[int], liking: Sums) -> Sums | None:
        confidence = self._gain * liking
        is_liked = confidence >= 1  # as in training: less would say that a movie is disliked
        if not self.has_factors or not is_liked.any():
            return None
        liked = self._factors[np.array(movies)[is_liked]].astype(np.float64)
        confidence = confidence[is_liked]
        user = np.linalg.solve(
            self._base + liked.T @ (liked * (confidence - 1)[:, None]), liked.T @ confidence
        )
        return (self._factors @ user.astype(np.float32)).astype(np.float64)


def _base(factors: npt.NDArray[np.float32], regularization: float) -> Sums:
    """Return Y'Y + lambda I of the movies' factors Y."""
    base: Sums = np.eye(factors.shape[1]) * regularization
    for start in range(0, len(factors), BLOCK):
        block = factors[start : start + BLOCK].astype(np.float64)
        base += block.T @ block
    return base
