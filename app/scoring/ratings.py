"""Predicted ratings of one model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

RATING_MIN, RATING_MAX = 1.0, 5.0


class Ratings:
    """Biased matrix factorisation: mean + b_u + b_i + p_u . q_i (Koren, Bell & Volinsky, 2009, eq. 5)."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], scalars: Mapping[str, float]) -> None:
        cut = int(scalars["rank_factors"])
        self._ids = arrays["user_ids"]
        self._bias = arrays["user_bias"]
        self._user_factors = arrays["user_factors"][:, cut:]
        self._item_factors = arrays["item_factors"][:, cut:]
        self._mean = float(scalars["global_mean"])

    def predict(self, user_ids: npt.ArrayLike, movies: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Predict one rating (1-5) per pair; NaN for users whom training has not seen and the movie -1."""
        wanted = np.asarray(user_ids, dtype=np.int64)
        users = np.minimum(np.searchsorted(self._ids, wanted), max(len(self._ids) - 1, 0))
        here = (movies >= 0) & (self._ids[users] == wanted if len(self._ids) else False)
        users, movies = users[here], movies[here]
        product = np.einsum(
            "ij,ij->i", self._user_factors[users], self._item_factors[movies, :-1], dtype=np.float64
        )
        bias = self._mean + self._bias[users] + self._item_factors[movies, -1].astype(np.float64)
        ratings = np.full(len(wanted), np.nan)
        ratings[here] = np.clip(bias + product, RATING_MIN, RATING_MAX)
        return ratings
