"""Models of ratings: Surprise's SVD, and the bias baseline that it must beat.

A process beside that of the stage imports this: without pandas and Arrow it starts in half the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

if TYPE_CHECKING:
    from auto_deployment.dataset.arrays import Float32Array, Float64Array, IndexArray, Int32Array
    from auto_deployment.training.params import BiasParams, SvdParams
    from auto_deployment.training.train.trainset import Trainset

    Fitted = Float32Array | Float64Array

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
    return fit_rated(Rated(trainset), params, seed)


def fit_rated(rated: Rated, params: SvdParams, seed: int) -> RatingModel:
    """Fit biased matrix factorisation to what was rated, which is all that a process beside needs to know."""
    import surprise  # who fits biases alone need not wait for it

    if not len(rated.rating):
        return rated.spread_nothing(params.factors)
    epochs = epochs_over(len(rated.rating), params)
    algorithm = surprise.SVD(
        n_factors=params.factors,
        n_epochs=epochs,
        lr_all=params.learning_rate,
        reg_all=params.regularization,
        init_std_dev=params.init_deviation,
        random_state=seed,
    )
    with tqdm(total=epochs, desc="SVD", disable=None) as progress:
        algorithm.fit(_SurpriseTrainset(rated, progress.update))
    return rated.spread(algorithm.bu, algorithm.bi, algorithm.pu, algorithm.qi)


def epochs_over(ratings: int, params: SvdParams) -> int:
    """Return how often to go over the ratings: less often over many, of which each epoch learns more."""
    return min(params.epochs, max(params.epochs_min, params.ratings_max // ratings))


def fit_bias(trainset: Trainset, params: BiasParams) -> RatingModel:
    """Fit the biases of users and movies alone, step by step as Surprise's BaselineOnly does, all at once."""
    rated = Rated(trainset)
    users, movies = rated.users.astype(np.intp), rated.movies.astype(np.intp)
    of_users = params.user_regularization + np.bincount(users, minlength=len(rated.user_rows))
    of_movies = params.movie_regularization + np.bincount(movies, minlength=len(rated.movie_rows))
    centred = rated.rating - rated.mean
    user_bias, movie_bias = np.zeros(len(of_users)), np.zeros(len(of_movies))
    for _ in range(params.epochs):
        movie_bias = np.bincount(movies, centred - user_bias[users], len(of_movies)) / of_movies
        user_bias = np.bincount(users, centred - movie_bias[movies], len(of_users)) / of_users
    no_factors = np.zeros((len(of_users), 0)), np.zeros((len(of_movies), 0))
    return rated.spread(user_bias, movie_bias, *no_factors)


class Rated:
    """The rated part of a trainset, numbered without gaps as Surprise wants it."""

    def __init__(self, trainset: Trainset) -> None:
        here = trainset.is_rated
        self.user_rows, self.users = _numbered(trainset.users[here], len(trainset.user_ids))
        self.movie_rows, self.movies = _numbered(trainset.movies[here], len(trainset.movie_ids))
        self.rating = trainset.rating[here].astype(np.float64)
        self.mean = float(self.rating.mean()) if len(self.rating) else sum(SCALE) / 2
        self._sizes = len(trainset.user_ids), len(trainset.movie_ids)

    def spread(self, user_bias: Fitted, movie_bias: Fitted, users: Fitted, movies: Fitted) -> RatingModel:
        """Put what was fitted into the rows of the whole trainset."""
        user_count, movie_count = self._sizes
        return RatingModel(
            mean=self.mean,
            user_bias=_scatter(user_bias, self.user_rows, user_count),
            movie_bias=_scatter(movie_bias, self.movie_rows, movie_count),
            user_factors=_scatter(users, self.user_rows, user_count),
            movie_factors=_scatter(movies, self.movie_rows, movie_count),
        )

    def spread_nothing(self, factors: int) -> RatingModel:
        """Return the model of no ratings: the middle of the scale for everybody."""
        biases, wide = np.zeros(0), np.zeros((0, factors))
        return self.spread(biases, biases, wide, wide)


def _numbered(rows: Int32Array, count: int) -> tuple[IndexArray, Int32Array]:
    """Return the rows that are there, rising, and for each entry the place of its row among them."""
    is_there = np.bincount(rows, minlength=count) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there, dtype=np.int32) - np.int32(1))[rows]


def _scatter(values: Fitted, rows: IndexArray, count: int) -> Float32Array:
    spread = np.zeros((count, *values.shape[1:]), dtype=np.float32)
    spread[rows] = values
    return spread


class _SurpriseTrainset:
    """What Surprise's SVD asks of a trainset, without its dicts; a pass is by user, then time."""

    def __init__(self, rated: Rated, at_each_pass: Callable[[], object]) -> None:
        self.n_users, self.n_items = len(rated.user_rows), len(rated.movie_rows)
        self.global_mean = rated.mean
        values = np.unique(rated.rating)
        self._columns = (
            _shared(np.arange(self.n_users), rated.users),
            _shared(np.arange(self.n_items), rated.movies),
            _shared(values, np.searchsorted(values, rated.rating)),
        )
        self._at_each_pass = at_each_pass

    def all_ratings(self) -> Iterable[tuple[int, int, float]]:
        self._at_each_pass()
        return zip(*self._columns, strict=True)


def _shared(values: npt.NDArray[Any], places: IndexArray | Int32Array) -> list[Any]:
    """Return a Python number for each place, an equal one only once: an eighth of the memory."""
    numbers: list[Any] = values.astype(object)[places].tolist()
    return numbers
