"""Alternating least squares on what was watched and rated."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, vstack

from auto_deployment.training.train.ranking_model import fit_als, spectrum, strength
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import RatingRow, WatchRow, small_params, taste_rows, training_data

ALS = replace(small_params().train.als, rating_power=2.0)


@pytest.fixture
def trainset() -> Trainset:
    return make_trainset(training_data(taste_rows()).interactions)


def strengths(ratings: list[RatingRow], watches: list[WatchRow]) -> list[float]:
    return [float(one) for one in strength(make_trainset(training_data(ratings, watches).interactions), ALS)]


def test_a_better_rating_is_stronger() -> None:
    found = strengths([(1, "a", 1, 1), (1, "b", 3, 2), (1, "c", 5, 3), (2, "a", 4, 4)], [])
    assert found == pytest.approx([0, 0.25, 1, 0.5625])


def test_a_longer_watch_is_stronger() -> None:
    assert strengths([], [(1, "a", 25, 1), (1, "b", 100, 2), (2, "a", 1, 3)]) == pytest.approx(
        [0.25, 1, 0.01]
    )


def test_a_rating_and_a_watch_count_half_each() -> None:
    assert strengths([(1, "a", 5, 1), (2, "b", 1, 1)], [(1, "a", 50, 2), (2, "b", 100, 2)]) == pytest.approx(
        [0.75, 0.5]
    )


def test_the_same_seed_gives_the_same_factors(trainset: Trainset) -> None:
    one, same, other = (fit_als(trainset, ALS, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.movie_factors, same.movie_factors)
    assert np.array_equal(one.user_factors, same.user_factors)
    assert not np.array_equal(one.movie_factors, other.movie_factors)


def confidences(trainset: Trainset) -> csr_matrix:
    values = 1 + ALS.confidence_gain * strength(trainset, ALS)
    return csr_matrix((values, (trainset.users, trainset.movies)), shape=(60, 40))


def test_the_regularisation_grows_with_the_singular_values(trainset: Trainset) -> None:
    matrix = confidences(trainset)
    expected = np.linalg.svd(matrix.toarray(), compute_uv=False)
    assert spectrum(matrix, 6, seed=1) == pytest.approx(expected[5], rel=1e-3)
    assert spectrum(vstack([matrix] * 4).tocsr(), 6, seed=1) == pytest.approx(2 * expected[5], rel=1e-3)


@pytest.mark.parametrize("shape", [(2, 2), (2, 9), (30, 3)])
def test_a_small_matrix_is_regularised_too(shape: tuple[int, int]) -> None:
    assert spectrum(csr_matrix(np.ones(shape, dtype=np.float32)), 20, seed=1) >= 1


def test_users_get_movies_of_their_own_kind(trainset: Trainset) -> None:
    model = fit_als(trainset, ALS, seed=1)
    scores = model.user_factors @ model.movie_factors.T
    odd = trainset.user_ids % 2 == 1
    assert (scores[odd, 20:].mean(axis=1) > 3 * scores[odd, :20].mean(axis=1)).all()
    assert (scores[~odd, :20].mean(axis=1) > 3 * scores[~odd, 20:].mean(axis=1)).all()


def test_user_factors_solve_their_least_squares_for_the_final_movie_factors(trainset: Trainset) -> None:
    model = fit_als(trainset, ALS, seed=1)
    movies = model.movie_factors.astype(np.float64)
    confidence = np.ones(len(movies))
    own = trainset.users == 7
    confidence[trainset.movies[own]] += ALS.confidence_gain * strength(trainset, ALS)[own]
    liked = np.zeros(len(movies))
    liked[trainset.movies[own]] = 1
    regularization = ALS.regularization * spectrum(confidences(trainset), ALS.spectrum_rank, seed=1)
    left = (movies.T * confidence) @ movies + regularization * np.eye(ALS.factors)
    expected = np.linalg.solve(left, movies.T @ (confidence * liked))
    assert model.user_factors[7] == pytest.approx(expected, abs=1e-4)
