"""The model of lists: implicit's alternating least squares on everything that was watched or rated."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float32Array
from auto_deployment.training.params import AlsParams
from auto_deployment.training.train.cores import cores

Begin = Callable[[AlternatingLeastSquares, csr_matrix], None]


@dataclass(frozen=True, slots=True)
class RankingModel:
    """user_factors (U, F), movie_factors (M, F), float32; their product orders the movies of a user.

    `regularization` is what was added to the diagonal of each user's equations, 0 where there are none.
    """

    user_factors: Float32Array
    movie_factors: Float32Array
    regularization: float = 0.0


class MovieFactors:
    """Implicit feedback factors (Hu, Koren & Volinsky, 2008); a seed has one result, on any cores.

    Each row is solved by one thread alone, so their number changes nothing. BLAS, whose sums would be divided
    among threads, gets one.

    `likes` (U, M) are strengths, `singular_value` is theirs of rank `spectrum_rank`. `begin` may set the
    factors to start from, given the confidences.
    """

    def __init__(
        self,
        likes: csr_matrix,
        singular_value: float,
        params: AlsParams,
        seed: int,
        begin: Begin | None = None,
    ) -> None:
        self._gain = np.float32(params.confidence_gain)
        self.regularization = params.regularization * max(params.confidence_gain * singular_value, 1.0)
        confidence = self._confidence(likes)
        self.factors: Float32Array = np.zeros((likes.shape[1], params.factors), dtype=np.float32)
        self._is_empty = not confidence.nnz
        self.regularization = 0.0
        if self._is_empty:
            return
        self.regularization = params.regularization * max(params.confidence_gain * singular_value, 1.0)
        with threadpool_limits(1, "blas"):
            self._model = AlternatingLeastSquares(
                factors=params.factors,
                iterations=params.iterations,
                regularization=self.regularization,
                dtype=np.float32,
                num_threads=cores(),
                random_state=seed,
            )
            if begin is not None:
                begin(self._model, confidence)
            self._model.fit(confidence, show_progress=sys.stderr.isatty())
        self.factors = self._model.item_factors.astype(np.float32)

    def of_users(self, likes: csr_matrix) -> Float32Array:
        """Solve for users exactly, those of the fit or any others; zeros for who liked nothing enough."""
        if self._is_empty:
            return np.zeros((likes.shape[0], self.factors.shape[1]), dtype=np.float32)
        confidence = self._confidence(likes)
        with threadpool_limits(1, "blas"):
            users = self._model.recalculate_user(np.arange(likes.shape[0]), confidence).astype(np.float32)
        users[np.diff(confidence.indptr) == 0] = 0
        solved: Float32Array = users
        return solved

    def _confidence(self, likes: csr_matrix) -> csr_matrix:
        """Leave out confidences below 1: they would say that a movie is disliked, and count it as liked."""
        confidence = likes * self._gain
        confidence.data[confidence.data < 1] = 0
        confidence.eliminate_zeros()
        return confidence


def fit_als(likes: csr_matrix, singular_value: float, params: AlsParams, seed: int) -> RankingModel:
    """Fit movies, then solve each user's factors for the final movies, as folding in later events does."""
    movies = MovieFactors(likes, singular_value, params, seed)
    return RankingModel(movies.of_users(likes), movies.factors, movies.regularization)
