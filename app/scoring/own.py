"""Scores of a user for whom training found no weights, from what is known to have been done."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from app.scoring.equations import UserEquations
from app.scoring.item_part import FLAT, ItemPart, Later, Sums


class Weights(NamedTuple):
    """What factors and items, each brought to deviation 1, and popularity count."""

    factors: float
    items: float
    popular: float


class _Part(Protocol):
    def sums(self, history: Sequence[int], strength: Sums, /) -> Sums | None: ...

    def told(self, history: Sequence[int], strength: Sums, rows: Sequence[int], /) -> Sums: ...


class OwnScores:
    """The parts of a score as training would have weighted them, had it met the user.

    Models without equations, of the version before, have items and popularity alone.
    """

    def __init__(self, item_part: ItemPart, equations: UserEquations | None) -> None:
        self._items = item_part
        self._equations = equations

    def scores(self, user_row: int | None, later: Later, weights: Weights) -> Sums | None:
        """Score every movie, shape (M,); None where neither factors nor items say anything."""
        history, parts = self._parts(user_row, later, weights)
        total: Sums | None = None
        for part, counted, weight in parts:
            sums = part.sums(history, counted)
            if sums is not None and (deviation := float(sums.std())) > FLAT:
                sums *= weight / deviation
                total = sums if total is None else total + sums
        return None if total is None else total + self._items.popular(weights.popular)

    def amounts(self, user_row: int | None, rows: Sequence[int], later: Later, weights: Weights) -> Sums:
        """Return what each movie of the history adds to the score of each row, shape (rows, history).

        What came later is the end of the history.
        """
        history, parts = self._parts(user_row, later, weights)
        total = np.zeros((len(rows), len(history)))
        for part, counted, weight in parts:
            sums = part.sums(history, counted)
            if sums is not None and (deviation := float(sums.std())) > FLAT:
                total += weight / deviation * part.told(history, counted, rows)
        return total

    def _parts(
        self, user_row: int | None, later: Later, weights: Weights
    ) -> tuple[list[int], list[tuple[_Part, Sums, float]]]:
        """Return the history, and the parts that count: what each movie of it weighs, and how much each."""
        history, strength = ([], np.zeros(0)) if user_row is None else self._items.history_of(user_row)
        parts: list[tuple[_Part, Sums, float]] = []
        if weights.factors and self._equations is not None:
            parts.append((self._equations, np.append(strength, later.liking), weights.factors))
        if weights.items:
            faded = np.append(strength * later.fade, later.strength)
            parts.append((self._items, faded, weights.items))
        return [*history, *later.movies], parts
