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


class _Source(Protocol):
    def sums(self, history: Sequence[int], strength: Sums, /) -> Sums | None: ...

    def told(self, history: Sequence[int], strength: Sums, rows: Sequence[int], /) -> Sums: ...


class _Part(NamedTuple):
    source: _Source
    counted: Sums  # what each movie of the history weighs in it
    sums: Sums
    weight: float


class OwnScores:
    """The parts of a score as training would have weighted them, had it met the user.

    Models without equations, of the version before, have items and popularity alone.
    """

    def __init__(self, item_part: ItemPart, equations: UserEquations | None) -> None:
        self._items = item_part
        self._equations = equations

    def scores(self, user_row: int | None, later: Later, weights: Weights) -> Sums | None:
        """Score every movie, shape (M,); None where neither factors nor items say anything."""
        _, parts = self._parts(user_row, later, weights)
        total: Sums | None = None
        for part in parts:
            scores = part.sums * part.weight
            total = scores if total is None else total + scores
        return None if total is None else total + self._items.popular(weights.popular)

    def amounts(self, user_row: int | None, rows: Sequence[int], later: Later, weights: Weights) -> Sums:
        """Return what each movie of the history adds to the score of each row, shape (rows, history).

        What came later is the end of the history.
        """
        history, parts = self._parts(user_row, later, weights)
        total = np.zeros((len(rows), len(history)))
        for part in parts:
            total += part.weight * part.source.told(history, part.counted, rows)
        return total

    def _parts(self, user_row: int | None, later: Later, weights: Weights) -> tuple[list[int], list[_Part]]:
        """Return the history, and the parts that say something of it, each to be brought to its deviation."""
        history, strength = ([], np.zeros(0)) if user_row is None else self._items.history_of(user_row)
        history = [*history, *later.movies]
        faded = np.append(strength * later.fade, later.strength)
        found = (
            self._part(self._equations, history, np.append(strength, later.liking), weights.factors),
            self._part(self._items, history, faded, weights.items),
        )
        return history, [part for part in found if part is not None]

    def _part(self, source: _Source | None, history: list[int], counted: Sums, weight: float) -> _Part | None:
        sums = source.sums(history, counted) if source is not None and weight else None
        if source is None or sums is None or (deviation := float(sums.std())) <= FLAT:
            return None
        return _Part(source, counted, sums, weight / deviation)
