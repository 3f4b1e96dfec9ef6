"""Models of ratings: Surprise's SVD, and the bias baseline that it must beat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import surprise
from tqdm import tqdm

from auto_deployment.dataset.arrays import Float32Array, Float64Array, IndexArray
from auto_deployment.training.params import BiasParams, SvdParams
from auto_deployment.training.train.trainset import Trainset

SCALE = (1.0, 5.0)


@dataclass(frozen=True, slots=True)
class RatingModel:
    """mean + b_u + b_i + p_u . q_i (Koren, Bell & Volinsky, 2009, eq. 5), zeros where nothing was rated.

    user_bias (U,), movie_bias (M,), user_factors (U, F), movie_factors (M, F), all float32.
    """

    mean: float
    user_bias: Float32Array
    movie_bias: Float32Array
    user_factors: Float32Array
    movie_factors: Float32Array

    def predict(self, users: IndexArray, movies: IndexArray) -> Float64Array:
        """Predict the rating of each pair of rows, within the scale."""
        factors = self.user_factors[users], self.movie_factors[movies]
        product = np.einsum("ij,ij->i", *factors, dtype=np.float64)
        ratings: Float64Array = self.mean + self.user_bias[users] + self.movie_bias[movies] + product
        return ratings.clip(*SCALE)


def fit_svd(trainset: Trainset, params: SvdParams, seed: int) -> RatingModel:
    """Fit biased matrix factorisation by stochastic gradient descent."""
    rated = _Rated(trainset)
    if not len(rated.rating):
        return _without_ratings(trainset, params.factors)
    algorithm = surprise.SVD(
        n_factors=params.factors,
        n_epochs=params.epochs,
        lr_all=params.learning_rate,
        reg_all=params.regularization,
        init_std_dev=params.init_deviation,
        random_state=seed,
    )
    with tqdm(total=params.epochs, desc="SVD", disable=None) as progress:
        algorithm.fit(_SurpriseTrainset(rated, progress.update))
    return rated.spread(algorithm.bu, algorithm.bi, algorithm.pu, algorithm.qi)


def fit_bias(trainset: Trainset, params: BiasParams) -> RatingModel:
    """Fit the biases of users and movies alone."""
    rated = _Rated(trainset)
    if not len(rated.rating):
        return _without_ratings(trainset, 0)
    options = {
        "method": "als",
        "n_epochs": params.epochs,
        "reg_u": params.user_regularization,
        "reg_i": params.movie_regularization,
    }
    algorithm = surprise.BaselineOnly(bsl_options=options, verbose=False)
    algorithm.fit(_SurpriseTrainset(rated))
    no_factors = np.zeros((len(rated.user_rows), 0)), np.zeros((len(rated.movie_rows), 0))
    return rated.spread(algorithm.bu, algorithm.bi, *no_factors)


def _without_ratings(trainset: Trainset, factors: int) -> RatingModel:
    users, movies = len(trainset.user_ids), len(trainset.movie_ids)
    return RatingModel(
        mean=sum(SCALE) / 2,
        user_bias=np.zeros(users, dtype=np.float32),
        movie_bias=np.zeros(movies, dtype=np.float32),
        user_factors=np.zeros((users, factors), dtype=np.float32),
        movie_factors=np.zeros((movies, factors), dtype=np.float32),
    )


class _Rated:
    """The rated part of a trainset, numbered without gaps as Surprise wants it."""

    def __init__(self, trainset: Trainset) -> None:
        here = trainset.is_rated
        self.user_rows, self.users = np.unique(trainset.users[here].astype(np.intp), return_inverse=True)
        self.movie_rows, self.movies = np.unique(trainset.movies[here].astype(np.intp), return_inverse=True)
        self.rating = trainset.rating[here].astype(np.float64)
        self.mean = float(self.rating.mean()) if len(self.rating) else sum(SCALE) / 2
        self._sizes = len(trainset.user_ids), len(trainset.movie_ids)

    def spread(
        self, user_bias: Float64Array, movie_bias: Float64Array, users: Float64Array, movies: Float64Array
    ) -> RatingModel:
        """Put what was fitted into the rows of the whole trainset."""
        user_count, movie_count = self._sizes
        return RatingModel(
            mean=self.mean,
            user_bias=_scatter(user_bias, self.user_rows, user_count),
            movie_bias=_scatter(movie_bias, self.movie_rows, movie_count),
            user_factors=_scatter(users, self.user_rows, user_count),
            movie_factors=_scatter(movies, self.movie_rows, movie_count),
        )


def _scatter(values: Float64Array, rows: IndexArray, count: int) -> Float32Array:
    spread = np.zeros((count, *values.shape[1:]), dtype=np.float32)
    spread[rows] = values
    return spread


class _SurpriseTrainset(surprise.Trainset):  # type: ignore[misc]  # Surprise has no types
    """Surprise's trainset, built from arrays; a pass over the ratings is by user, then time."""

    def __init__(self, rated: _Rated, at_each_pass: Callable[[], object] = lambda: None) -> None:
        super().__init__(
            ur=_by_row(rated.users, rated.movies, rated.rating),
            ir=_by_row(rated.movies, rated.users, rated.rating),
            n_users=len(rated.user_rows),
            n_items=len(rated.movie_rows),
            n_ratings=len(rated.rating),
            rating_scale=SCALE,
            raw2inner_id_users={},
            raw2inner_id_items={},
        )
        self._mean = rated.mean
        self._columns = rated.users.tolist(), rated.movies.tolist(), rated.rating.tolist()
        self._at_each_pass = at_each_pass

    @property
    def global_mean(self) -> float:
        return self._mean

    def all_ratings(self) -> Iterator[tuple[int, int, float]]:
        self._at_each_pass()
        return zip(*self._columns, strict=True)


def _by_row(rows: IndexArray, others: IndexArray, rating: Float64Array) -> dict[int, list[tuple[int, float]]]:
    order = np.argsort(rows, kind="stable")
    ends = np.cumsum(np.bincount(rows)).tolist()
    pairs = list(zip(others[order].tolist(), rating[order].tolist(), strict=True))
    return {row: pairs[start:end] for row, (start, end) in enumerate(zip([0, *ends], ends, strict=False))}
