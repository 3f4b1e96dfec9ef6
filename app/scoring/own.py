"""Scores of a user for whom training found no weights, from what is known to have been done."""

from typing import NamedTuple

import numpy as np

from app.scoring.equations import UserEquations
from app.scoring.item_part import FLAT, ItemPart, Later, Sums


class Weights(NamedTuple):
    """What factors and items, each brought to deviation 1, and popularity count."""

    factors: float
    items: float
    popular: float


class OwnScores:
    """The parts of a score as training would have weighted them, had it met the user.

    Models without equations, of the version before, have items and popularity alone.
    """

    def __init__(self, item_part: ItemPart, equations: UserEquations | None) -> None:
        self._items = item_part
        self._equations = equations

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
        if self._equations is None:
            return None
        confidence = self._equations.confidence(liking)
        if not (is_liked := confidence > 0).any():
            return None
        user = self._equations.solution(np.array(movies)[is_liked], confidence[is_liked])
        return self._equations.scores(user)
