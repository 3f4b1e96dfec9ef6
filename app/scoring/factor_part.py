"""What each movie of a user's own adds to the ranking factors' scores, which name no movie by themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.scoring.equations import Sums, UserEquations
from app.scoring.item_part import ItemPart

AGREES = 0.02  # what is explained may differ from the user's factors by so much of their length


class FactorPart:
    """The explanations of implicit feedback factors (Hu, Koren & Volinsky, 2008, section 5).

    A user's factors are a sum over the user's own movies, so that the score of any movie is one as well.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any],
        arrays: Mapping[str, npt.NDArray[Any]],
        item_part: ItemPart,
        equations: UserEquations | None,
    ) -> None:
        self._item_part, self._equations = item_part, equations
        self._half_life = (manifest.get("choice") or {}).get("half_life")
        self._cut = int(manifest["scalars"]["rank_factors"])
        self._user_factors = arrays["user_factors"]
        self._item_factors = arrays["item_factors"]
        self._blend = arrays["user_blend"]

    def amounts(self, user_row: int, rows: Sequence[int]) -> Sums | None:
        """Return what each movie of the history adds to the score of each row, shape (rows, history).

        None where that cannot be told: no weight, an older model (whose history is in another order, too),
        or factors that are not this history's.
        """
        weight = float(self._blend[user_row, 0])
        if self._equations is None or not weight:
            return None
        history, strength = self._item_part.history_of(user_row)
        of_own = self._equations.shares(history, self._equations.confidence(self._unfaded(strength)))
        factors = self._factors(user_row)
        if not np.linalg.norm(of_own.sum(axis=1) - factors) <= AGREES * np.linalg.norm(factors):
            return None
        amounts: Sums = weight * (self._equations.factors(rows) @ of_own)
        return amounts

    def scores(self, user_row: int, rows: Sequence[int]) -> Sums:
        """Return the part of the score of each row, shape (rows,)."""
        movies = self._item_factors[rows, : self._cut].astype(np.float64)
        product: Sums = movies @ self._factors(user_row)
        return float(self._blend[user_row, 0]) * product

    def _factors(self, user_row: int) -> Sums:
        factors: Sums = self._user_factors[user_row, : self._cut].astype(np.float64)
        return factors

    def _unfaded(self, strength: Sums) -> Sums:
        """Return the strengths of a history, oldest first, as they were before they faded with age."""
        if self._half_life is None:
            return strength
        age = np.arange(len(strength), dtype=np.float64)[::-1]
        unfaded: Sums = strength * 2.0 ** (age / self._half_life)
        return unfaded
