"""Variational Bayes against the same updates written out, one user or movie and one rating at a time."""

from dataclasses import replace

import numpy as np
import pytest

from auto_deployment.dataset.arrays import Float64Array
from auto_deployment.training.train.bayesian_factors import fit_bayesian
from auto_deployment.training.train.rating_models import Rated
from auto_deployment.training.train.trainset import make_trainset
from tests.support.training import SHIPPED, training_data

USERS, MOVIES, FACTORS, PASSES, SEED = 12, 10, 2, 12, 3
WIDTH = FACTORS + 1


class Side:
    """Means and covariances of (bias, factors), and the precision of their prior."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self.mean = np.zeros((count, WIDTH))
        self.mean[:, 1:] = rng.normal(0, 0.1, (count, FACTORS))
        self.covariance = np.zeros((count, WIDTH, WIDTH))
        self.prior = np.full(WIDTH, 10.0)

    def expected(self, row: int) -> tuple[Float64Array, Float64Array, Float64Array, float]:
        """Return E[x], E[x x'], E[x b] and E[b^2] of one row, with x = (1, factors) and b its bias."""
        x, spread = np.array([1.0, *self.mean[row, 1:]]), self.covariance[row].copy()
        with_bias, bias_variance = spread[0].copy(), spread[0, 0]
        spread[0, :] = spread[:, 0] = with_bias[0] = 0
        bias = self.mean[row, 0]
        return x, np.outer(x, x) + spread, x * bias + with_bias, bias**2 + bias_variance


def update(side: Side, others: Side, ratings: Float64Array, noise: float) -> float:
    """Take one step by the book; `ratings` (side, others) are NaN where nothing was rated."""
    for row, of_row in enumerate(ratings):
        precision, target = np.diag(side.prior), np.zeros(WIDTH)
        for other in np.flatnonzero(~np.isnan(of_row)).tolist():
            x, squares, with_bias, _ = others.expected(other)
            precision = precision + noise * squares
            target += noise * (x * of_row[other] - with_bias)
        side.covariance[row] = np.linalg.inv(precision)
        side.mean[row] = side.covariance[row] @ target
    moments = side.mean**2 + np.array([np.diag(one) for one in side.covariance])
    side.prior = (1 + len(side.mean)) / (1 + moments.sum(axis=0))
    error = 0.0
    for row, other in np.argwhere(~np.isnan(ratings)).tolist():
        rating, own = ratings[row, other], side.mean[row]
        x, squares, with_bias, bias_square = others.expected(other)
        own_square = np.outer(own, own) + side.covariance[row]
        error += rating**2 - 2 * rating * (others.mean[other, 0] + own @ x) + bias_square
        error += 2 * own @ with_bias + np.sum(own_square * squares)
    return float((1 + np.sum(~np.isnan(ratings))) / (1 + error))


def test_the_fit_is_the_updates_of_the_book() -> None:
    rng = np.random.default_rng(8)
    # Of strong tastes: factors that vanish would hide what is wrong with them.
    ratings = np.rint(3 + np.outer(rng.choice([-2, -1, 1, 2], USERS), rng.choice([-1, 0.5, 1], MOVIES)))
    ratings[rng.random((USERS, MOVIES)) < 0.2] = np.nan
    rows = [
        (user, f"film+{movie}", float(ratings[user, movie]), movie)
        for user, movie in np.argwhere(~np.isnan(ratings)).tolist()
    ]
    trainset = make_trainset(training_data(rows).interactions)
    assert (len(trainset.user_ids), len(trainset.movie_ids)) == (USERS, MOVIES)
    params = replace(SHIPPED.train.bayesian, factors=FACTORS, passes_max=PASSES)
    found = fit_bayesian(Rated(trainset), params, SEED)

    centred, start = ratings - np.nanmean(ratings), np.random.default_rng(SEED)
    users, movies = Side(USERS, start), Side(MOVIES, start)
    noise = float((1 + len(rows)) / (1 + np.nansum(centred**2)))
    for _ in range(PASSES):
        noise = update(users, movies, centred, noise)
        noise = update(movies, users, centred.T, noise)

    assert found.mean == pytest.approx(np.nanmean(ratings))
    assert found.user_bias == pytest.approx(users.mean[:, 0], abs=1e-5)
    assert found.movie_bias == pytest.approx(movies.mean[:, 0], abs=1e-5)
    assert found.user_factors == pytest.approx(users.mean[:, 1:], abs=1e-5)
    assert found.movie_factors == pytest.approx(movies.mean[:, 1:], abs=1e-5)
