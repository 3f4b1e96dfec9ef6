"""Predicted ratings: SVD goes on from the parent's biases and factors, the Bayesian part is fitted anew.

That part takes a bounded time, and is worth having as it errs elsewhere than SVD: begun
with the served biases, the mean of both, it was better alone and the mean worse. SVD begins with what
the Bayesian part's biases leave of the mean. Training it from nothing stops early, which regularises like a
ridge of 1 / (learning rate x passes): new ones are solved with that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Float64Array, Int32Array
from auto_deployment.training.params import SvdParams, TrainParams
from auto_deployment.training.train.bayesian_factors import fit_bayesian
from auto_deployment.training.train.continued.parent import Parent
from auto_deployment.training.train.continued.rows import taken
from auto_deployment.training.train.rating_models import Rated, RatingModel, epochs_over
from auto_deployment.training.train.served_ratings import mean_of

CHUNK = 65_536  # ratings; as Python's numbers all of them would be eight times as large


@dataclass(slots=True)
class _Side:
    """Users or movies that were rated: bias (n,), factors (n, F), and whether the parent knew ratings."""

    bias: Float64Array
    factors: Float64Array
    is_known: BoolArray


def continue_ratings(rated: Rated, parent: Parent, params: TrainParams) -> RatingModel:
    """Fit both models; one set of arrays gives the mean of their predictions."""
    how = replace(params.bayesian, ratings_max=params.continued.bayesian_ratings_max)
    other = fit_bayesian(rated, how, params.seed)
    if not len(rated.rating):
        return mean_of(rated.spread_nothing(params.svd.factors), other)
    columns = slice(params.als.factors, params.als.factors + params.svd.factors)
    users, movies = _user_side(rated, parent, columns), _movie_side(rated, parent, columns)
    for side, bias in (
        (users, other.user_bias[rated.user_rows]),
        (movies, other.movie_bias[rated.movie_rows]),
    ):
        side.bias[side.is_known] = (2 * side.bias - bias)[side.is_known]
    return mean_of(_go_on(rated, users, movies, params.svd, params.continued.svd_epochs), other)


def _user_side(rated: Rated, parent: Parent, columns: slice) -> _Side:
    arrays, rows = parent.model.arrays, parent.users[rated.user_rows]
    return _side(taken(arrays["user_bias"], rows), taken(arrays["user_factors"][:, columns], rows))


def _movie_side(rated: Rated, parent: Parent, columns: slice) -> _Side:
    arrays, rows = parent.model.arrays, parent.movies[rated.movie_rows]
    factors = arrays["item_factors"][:, :-1]  # the last one is the bias
    side = _side(taken(arrays["item_factors"][:, -1], rows), taken(factors[:, columns], rows))
    side.bias[side.is_known] += parent.model.manifest["scalars"]["global_mean"] - rated.mean
    return side


def _side(bias: Float32Array, factors: Float32Array) -> _Side:
    """Undo how `mean_of` scales factors; who had no rating there has nothing but zeros."""
    own = factors / np.sqrt(0.5)
    return _Side(bias.astype(np.float64), own.astype(np.float64), (bias != 0) | factors.any(axis=1))


def _go_on(rated: Rated, users: _Side, movies: _Side, params: SvdParams, passes: int) -> RatingModel:
    """Fold new ones in, then have Surprise go over the ratings a few times more."""
    import surprise  # who trains from nothing does so in a process beside

    by_user = csr_matrix((rated.rating - rated.mean, (rated.users, rated.movies)))
    ridge = 1 / (params.learning_rate * epochs_over(len(rated.rating), params))
    _fold_in(by_user, users, movies, params.regularization, ridge)
    _fold_in(by_user.T.tocsr(), movies, users, params.regularization, ridge)
    # Surprise begins with biases of 0, so it is given what is left of a rating without those of before.
    left = rated.rating - users.bias[rated.users] - movies.bias[rated.movies]
    algorithm = surprise.SVD(
        n_factors=params.factors,
        n_epochs=passes,
        lr_all=params.learning_rate,
        reg_all=params.regularization,
        random_state=_Begun(users.factors, movies.factors),
    )
    algorithm.fit(_Left(rated, left))
    bias = users.bias + np.asarray(algorithm.bu), movies.bias + np.asarray(algorithm.bi)
    return rated.spread(*bias, np.asarray(algorithm.pu), np.asarray(algorithm.qi))


def _fold_in(ratings: csr_matrix, side: _Side, others: _Side, regularization: float, ridge: float) -> None:
    """Solve bias and factors of new ones for the others, regularised as a training is that stops early."""
    for row in np.flatnonzero(~side.is_known):
        here = slice(ratings.indptr[row], ratings.indptr[row + 1])
        columns = ratings.indices[here]
        x = np.column_stack([np.ones(len(columns)), others.factors[columns]])
        square = x.T @ x + (regularization * len(columns) + ridge) * np.eye(x.shape[1])
        solved = np.linalg.solve(square, x.T @ (ratings.data[here] - others.bias[columns]))
        side.bias[row], side.factors[row] = solved[0], solved[1:]


class _Begun(np.random.RandomState):
    """Draws factors as Surprise asks for them, users first: those that were there before."""

    def __init__(self, *factors: Float64Array) -> None:
        super().__init__(0)
        self._factors = list(factors)

    def normal(self, *_: object, **__: object) -> Float64Array:  # type: ignore[override]
        return self._factors.pop(0)


class _Left:
    """What Surprise's SVD asks of a trainset; a pass is by user, then time."""

    def __init__(self, rated: Rated, rating: Float64Array) -> None:
        self.n_users, self.n_items = len(rated.user_rows), len(rated.movie_rows)
        self.global_mean = rated.mean
        self._columns: tuple[Int32Array, Int32Array, Float64Array] = (rated.users, rated.movies, rating)

    def all_ratings(self) -> Iterator[tuple[int, int, float]]:
        for start in range(0, len(self._columns[0]), CHUNK):
            yield from zip(*(one[start : start + CHUNK].tolist() for one in self._columns), strict=True)
