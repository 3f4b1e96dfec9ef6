"""The equations of which a user's ranking factors are the solution."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 4096  # movies at a time are brought to double precision
LEAST_CONFIDENCE = 1 - 1e-5  # training leaves out what is below 1; the artefact's numbers are rounded

Sums = npt.NDArray[np.float64]


class UserEquations:
    """Regularised least squares of implicit feedback (Hu, Koren & Volinsky, 2008, eq. 4), movies Y (M, F).

    (Y'Y + sum of (c_j - 1) y_j y_j' + lambda I) x = sum of c_j y_j, both over the movies j of a history.
    """

    def __init__(self, movies: npt.NDArray[np.float32], gain: float, regularization: float) -> None:
        self._movies, self._gain = movies, gain
        self._base: Sums = np.eye(movies.shape[1]) * regularization
        for start in range(0, len(movies), BLOCK):
            block = movies[start : start + BLOCK].astype(np.float64)
            self._base += block.T @ block

    @classmethod
    def of(cls, scalars: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> "UserEquations | None":
        """Return those of a model; None where its manifest does not say how its factors were fitted."""
        if not float(scalars.get("als_regularization", 0)) > 0:
            return None
        movies = arrays["item_factors"][:, : int(scalars["rank_factors"])]
        return cls(movies, float(scalars["als_confidence_gain"]), float(scalars["als_regularization"]))

    def confidence(self, liking: Sums) -> Sums:
        """Return the confidences c of a history, 0 for what training leaves out as below 1."""
        confidence = self._gain * liking
        confidence[confidence < LEAST_CONFIDENCE] = 0
        return confidence

    def sums(self, history: Sequence[int], liking: Sums) -> Sums | None:
        """Return the scores of every movie, shape (M,), for who likes these; None where nothing is liked."""
        confidence = self.confidence(liking)
        if not (is_liked := confidence > 0).any():
            return None
        own, confidence = self.factors(np.array(history)[is_liked]), confidence[is_liked]
        solution = self._solved(own, confidence, own.T @ confidence)
        return (self._movies @ solution.astype(np.float32)).astype(np.float64)

    def told(self, history: Sequence[int], liking: Sums, rows: Sequence[int]) -> Sums:
        """Return what each movie of the history adds to those scores of each row, shape (rows, history)."""
        return self.factors(rows) @ self.shares(history, self.confidence(liking))

    def shares(self, history: Sequence[int] | npt.NDArray[np.intp], confidence: Sums) -> Sums:
        """Return what each movie of the history adds to the user's factors x, shape (F, history)."""
        own = self.factors(history)
        return self._solved(own, confidence, own.T * confidence)

    def factors(self, movies: Sequence[int] | npt.NDArray[np.intp]) -> Sums:
        """Return the factors of movies, shape (movies, F)."""
        return self._movies[np.asarray(movies, dtype=np.intp)].astype(np.float64)

    def _solved(self, own: Sums, confidence: Sums, right: Sums) -> Sums:
        left: Sums = self._base + (own.T * np.maximum(confidence - 1, 0)) @ own
        solved: Sums = np.linalg.solve(left, right).astype(np.float64, copy=False)
        return solved
