"""Why a movie is in a list: titles of the user's own, and popularity, by what they add to its score."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.model_format import Model
from app.scoring.equations import UserEquations
from app.scoring.factor_part import FactorPart
from app.scoring.item_part import ItemPart, Later, Sums
from app.scoring.own import OwnScores, Weights


class Why(NamedTuple):
    """What speaks for a movie: rows of the user's own with their shares, best first, and popularity's share.

    Shares are of all that speaks for the movie, each of the user's titles for itself; what speaks against it
    does not count. Rounded to 3 digits; a title whose share is rounded to 0 is left out.
    """

    titles: list[tuple[int, float]]
    popular: float


class Reasons:
    """Takes scores apart, for the few movies of one list."""

    def __init__(
        self, model: Model, item_part: ItemPart, own: OwnScores, equations: UserEquations | None
    ) -> None:
        arrays = model.arrays
        self._own = own
        self._item_part = item_part
        self._factor_part = FactorPart(model.manifest, arrays, item_part, equations)
        self._rating_part = _RatingPart(int(model.manifest["scalars"]["rank_factors"]), arrays)

    def of(self, user_row: int, rows: Sequence[int], most: int, later: Later | None = None) -> list[Why]:
        """Say for each row why it is in the user's list, with at most so many titles.

        What the factors add counts as nobody's where it cannot be told title by title.
        """
        history = self._history(user_row, later)
        own = np.zeros((len(rows), len(history)))
        if (amounts := self._item_part.amounts(user_row, rows, later)) is not None:
            own += amounts
        nobodys = _speaking(self._rating_part.amounts(user_row, rows))
        if (amounts := self._factor_part.amounts(user_row, rows)) is not None:
            own[:, : amounts.shape[1]] += amounts
        else:
            nobodys += _speaking(self._factor_part.scores(user_row, rows))
        popular = self._item_part.popular_weight(user_row) * self._item_part.popular_scores(rows)
        return _told(history, own, popular, nobodys, most)

    def of_own(
        self, user_row: int | None, rows: Sequence[int], most: int, later: Later, weights: Weights
    ) -> list[Why]:
        """Say the same of a list by `OwnScores`."""
        own = self._own.amounts(user_row, rows, later, weights)
        popular = weights.popular * self._item_part.popular_scores(rows)
        return _told(self._history(user_row, later), own, popular, np.zeros(len(rows)), most)

    def _history(self, user_row: int | None, later: Later | None) -> npt.NDArray[np.intp]:
        seen: list[int] = []
        if user_row is not None:
            seen, _ = self._item_part.history_of(user_row)
        return np.array([*seen, *(later.movies if later else [])], dtype=np.intp)


def _told(history: npt.NDArray[np.intp], own: Sums, popular: Sums, nobodys: Sums, most: int) -> list[Why]:
    own, popular = _speaking(own), _speaking(popular)
    whole = np.maximum(own.sum(axis=1) + popular + nobodys, np.finfo(np.float64).tiny)
    order = np.argsort(-own, axis=1, kind="stable")[:, :most]
    shares = np.round(np.take_along_axis(own, order, axis=1) / whole[:, np.newaxis], 3)
    return [
        Why([(movie, share) for movie, share in zip(*one, strict=True) if share > 0], said)
        for *one, said in zip(
            history[order].tolist(), shares.tolist(), np.round(popular / whole, 3).tolist(), strict=True
        )
    ]


class _RatingPart:
    """What predicted ratings add to scores; of no single title."""

    def __init__(self, cut: int, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._cut = cut
        self._blend = arrays["user_blend"]
        self._user_factors = arrays["user_factors"]
        self._item_factors = arrays["item_factors"]

    def amounts(self, user_row: int, rows: Sequence[int]) -> Sums:
        factors = np.append(self._user_factors[user_row, self._cut :], np.float32(1)).astype(np.float64)
        product: Sums = self._item_factors[rows, self._cut :].astype(np.float64) @ factors
        return float(self._blend[user_row, 1]) * product


def _speaking(amounts: Sums) -> Sums:
    """Keep what speaks for a movie."""
    return np.maximum(amounts, 0)
