"""Factors of ratings by variational Bayes: how sure each one is, and how strong each dimension, is learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits
from tqdm import tqdm

if TYPE_CHECKING:
    from auto_deployment.dataset.arrays import Float32Array, Float64Array
    from auto_deployment.training.params import BayesianParams
    from auto_deployment.training.train.rating_models import Rated, RatingModel

INIT_DEVIATION = 0.1
START_PRECISION = 10.0  # of a bias or factor, before anything is learnt
PRIOR = 1.0  # the Gamma priors' shape and rate, doubled: one made-up observation of variance 1


def fit_bayesian(rated: Rated, params: BayesianParams, seed: int) -> RatingModel:
    """Fit mean + b_u + b_i + p_u . q_i by variational Bayes (Lim & Teh, 2007) with learnt precisions.

    What is served are the means. The same bytes on any number of cores: sums are taken on one thread.
    """
    if not len(rated.rating):
        return rated.spread_nothing(params.factors)
    with threadpool_limits(1, "blas"):
        users, movies = _fit(rated, params, np.random.default_rng(seed))
    return rated.spread(users.mean[:, 0], movies.mean[:, 0], users.mean[:, 1:], movies.mean[:, 1:])


def passes_over(ratings: int, params: BayesianParams) -> int:
    """Return how often to go over the ratings: less often over many, of which each pass learns more."""
    return max(params.passes_min, min(params.passes_max, params.ratings_max // ratings))


@dataclass(slots=True)
class _Side:
    """Users or movies, each a normal distribution over bias and factors: means (n, D), covariances."""

    mean: Float32Array
    covariance: Float32Array  # (n, D, D)
    precision: Float64Array  # (D,) of the prior, whose mean is 0
    ones: csr_matrix  # (n, others): 1 where rated
    ratings: csr_matrix  # the same with ratings, less their mean


@dataclass(frozen=True, slots=True)
class _Sums:
    """What a side's ratings say, summed over each row's others.

    With x = (1, factors) and b the bias of an other: `square` holds E[x x'] as its upper triangle, `target`
    E[x (rating - b)], and `rest` the sum of E[(rating - b)^2] over everything.
    """

    square: Float32Array
    target: Float32Array
    rest: float


def _fit(rated: Rated, params: BayesianParams, rng: np.random.Generator) -> tuple[_Side, _Side]:
    sizes = len(rated.user_rows), len(rated.movie_rows)
    ratings = csr_matrix(((rated.rating - rated.mean).astype(np.float32), (rated.users, rated.movies)), sizes)
    users, movies = (_begin(one, params.factors, rng) for one in (ratings, ratings.T.tocsr()))
    energy = float(np.square(ratings.data, dtype=np.float64).sum())
    noise = float(_precision(len(rated.rating), np.float64(energy)))
    passes = passes_over(len(rated.rating), params)
    for _ in tqdm(range(passes), desc="Bayesian factors", disable=None):
        for side, others in ((users, movies), (movies, users)):
            noise = _update(side, _sums(side, others, energy), noise)
    return users, movies


def _begin(ratings: csr_matrix, factors: int, rng: np.random.Generator) -> _Side:
    count, width = ratings.shape[0], factors + 1
    mean = np.zeros((count, width), dtype=np.float32)
    mean[:, 1:] = rng.normal(0, INIT_DEVIATION, (count, factors))
    ones = csr_matrix((np.ones_like(ratings.data), ratings.indices, ratings.indptr), ratings.shape)
    covariance = np.zeros((count, width, width), dtype=np.float32)
    return _Side(mean, covariance, np.full(width, START_PRECISION), ones, ratings)


def _sums(side: _Side, others: _Side, energy: float) -> _Sums:
    width = others.mean.shape[1]
    row, column = np.triu_indices(width)
    x, bias = others.mean.copy(), others.mean[:, :1]
    x[:, 0] = 1
    of_bias = others.covariance[:, 0, :].copy()  # covariances of the bias with itself and the factors
    bias_square = bias**2 + of_bias[:, :1]
    of_bias[:, 0] = 0  # a bias is multiplied with the constant 1
    spread = others.covariance[:, row, column]
    spread[:, row == 0] = 0
    squares = x[:, row] * x[:, column] + spread
    parts = side.ones @ np.hstack([squares, x * bias + of_bias, bias_square])
    weighted = side.ratings @ np.hstack([x, bias])
    biases = float(parts[:, -1].sum(dtype=np.float64)) - 2 * float(weighted[:, -1].sum(dtype=np.float64))
    square, crossed = parts[:, : len(row)], parts[:, len(row) : -1]
    return _Sums(square, weighted[:, :-1] - crossed, energy + biases)


def _update(side: _Side, sums: _Sums, noise: float) -> float:
    """Set a side to its best normal distributions; return the precision of a rating that then fits best."""
    width = side.mean.shape[1]
    row, column = np.triu_indices(width)
    diagonal = np.arange(width)
    precision = np.empty((len(side.mean), width, width), dtype=np.float32)
    precision[:, row, column] = precision[:, column, row] = np.float32(noise) * sums.square
    precision[:, diagonal, diagonal] += side.precision.astype(np.float32)
    side.covariance = np.linalg.inv(precision)
    side.mean = np.einsum("nij,nj->ni", side.covariance, np.float32(noise) * sums.target)
    moments = side.mean[:, row] * side.mean[:, column] + side.covariance[:, row, column]
    total = moments.sum(axis=0, dtype=np.float64)
    side.precision = _precision(len(side.mean), total[row == column])
    twice = np.where(row == column, 1, 2).astype(np.float32)
    fitted = float((moments * sums.square * twice).sum(dtype=np.float64))
    error = sums.rest - 2 * float((side.mean * sums.target).sum(dtype=np.float64)) + fitted
    return float(_precision(side.ratings.nnz, np.float64(max(error, 0.0))))


def _precision(count: int, squares: Float64Array | np.float64) -> Any:
    """Return the mean of the posterior Gamma distribution: about one over the mean square."""
    return (PRIOR + count) / (PRIOR + squares)
