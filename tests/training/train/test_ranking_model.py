"""Alternating least squares on what was watched and rated."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from auto_deployment.training.train.ranking_model import RankingModel, fit_als
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import small_params, taste_rows, training_data

ALS = small_params().train.als
POWER = 2.0


@pytest.fixture
def trainset() -> Trainset:
    return make_trainset(training_data(taste_rows()).interactions)


@pytest.fixture
def likes(trainset: Trainset) -> csr_matrix:
    return liked(trainset, strength(trainset, POWER))


def fitted(likes: csr_matrix, seed: int = 1) -> RankingModel:
    (value,) = singular_values(likes, (ALS.spectrum_rank,), seed)
    return fit_als(likes, value, ALS, seed)


def test_the_same_seed_gives_the_same_factors(likes: csr_matrix) -> None:
    one, same, other = (fitted(likes, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.movie_factors, same.movie_factors)
    assert np.array_equal(one.user_factors, same.user_factors)
    assert not np.array_equal(one.movie_factors, other.movie_factors)


def test_what_is_hardly_liked_is_no_positive(likes: csr_matrix) -> None:
    weak = likes.copy()
    weak.data[:] = np.where(weak.data * ALS.confidence_gain < 1, np.float32(0.05), weak.data)
    assert (weak.data != likes.data).any()
    assert np.array_equal(fitted(weak).movie_factors.shape, fitted(likes).movie_factors.shape)
    value = 3.0
    assert np.array_equal(
        fit_als(weak, value, ALS, 1).movie_factors, fit_als(likes, value, ALS, 1).movie_factors
    )


def test_who_liked_nothing_and_what_nobody_liked_have_zeros(likes: csr_matrix) -> None:
    poor = likes.tolil()
    poor[4, :] = 0
    poor[:, 7] = 0
    poor[5, 3] = 0.09
    model = fitted(poor.tocsr().astype(np.float32))
    assert not model.user_factors[4].any()
    assert not model.movie_factors[7].any()
    assert model.user_factors[5].any()


def test_where_nobody_liked_anything_there_are_zeros() -> None:
    model = fitted(csr_matrix((3, 5), dtype=np.float32))
    assert model.user_factors.shape == (3, ALS.factors)
    assert not model.user_factors.any()
    assert not model.movie_factors.any()


def test_users_get_movies_of_their_own_kind(trainset: Trainset, likes: csr_matrix) -> None:
    model = fitted(likes)
    scores = model.user_factors @ model.movie_factors.T
    odd = trainset.user_ids % 2 == 1
    assert (scores[odd, 20:].mean(axis=1) > 3 * scores[odd, :20].mean(axis=1)).all()
    assert (scores[~odd, :20].mean(axis=1) > 3 * scores[~odd, 20:].mean(axis=1)).all()


def test_user_factors_solve_their_least_squares_for_the_final_movie_factors(likes: csr_matrix) -> None:
    model = fitted(likes)
    movies = model.movie_factors.astype(np.float64)
    strong = ALS.confidence_gain * likes[7].toarray().ravel().astype(np.float64)
    strong[strong < 1] = 0
    confidence = np.where(strong, strong, 1)
    (value,) = singular_values(likes, (ALS.spectrum_rank,), 1)
    regularization = ALS.regularization * ALS.confidence_gain * value
    left = (movies.T * confidence) @ movies + regularization * np.eye(ALS.factors)
    expected = np.linalg.solve(left, movies.T @ strong)
    assert model.user_factors[7] == pytest.approx(expected, abs=1e-4)
