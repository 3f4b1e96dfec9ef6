"""Two models in one score."""

from dataclasses import replace

import numpy as np
import pytest

from auto_deployment.training.train.blend import score_deviation, user_weights, with_bias
from auto_deployment.training.train.ranking_model import RankingModel
from auto_deployment.training.train.rating_models import RatingModel
from tests.support.training import small_params

TRAIN = replace(small_params().train, svd_weight=0.5, svd_prior_ratings=20)
RNG = np.random.default_rng(4)


def normal(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return RNG.normal(size=shape).astype(np.float32)


@pytest.fixture
def ranking() -> RankingModel:
    return RankingModel(normal(3, 5), normal(40, 5))


@pytest.fixture
def rating() -> RatingModel:
    return RatingModel(3.5, normal(3), normal(40), normal(3, 2), normal(40, 2))


def test_the_deviation_is_that_of_all_scores(ranking: RankingModel) -> None:
    scores = ranking.user_factors @ ranking.movie_factors.T
    found = score_deviation(ranking.user_factors, ranking.movie_factors)
    assert found == pytest.approx(scores.std(axis=1), rel=1e-5)


def test_both_parts_have_the_same_spread_before_they_are_weighted(
    ranking: RankingModel, rating: RatingModel
) -> None:
    ratings = np.full(3, 1_000_000, dtype=np.int32)
    weights = user_weights(ranking, rating, ratings, 1.0, TRAIN)
    users, movies = with_bias(rating)
    proposed = weights[:, :1] * (ranking.user_factors @ ranking.movie_factors.T)
    rated = weights[:, 1:] * (users @ movies.T)
    assert proposed.std(axis=1) == pytest.approx(np.ones(3), rel=1e-4)
    assert rated.std(axis=1) == pytest.approx(np.full(3, TRAIN.svd_weight), rel=1e-4)


def test_svd_counts_half_with_as_many_ratings_as_the_prior_and_not_at_all_without(
    ranking: RankingModel, rating: RatingModel
) -> None:
    ratings = np.array([0, 20, 1_000_000], dtype=np.int32)
    weight = user_weights(ranking, rating, ratings, 1.0, TRAIN)[:, 1]
    full = TRAIN.svd_weight / score_deviation(*with_bias(rating))
    assert weight / full == pytest.approx([0, 0.5, 1], abs=1e-4)


def test_scores_without_spread_weigh_nothing(ranking: RankingModel, rating: RatingModel) -> None:
    flat = RatingModel(3.5, normal(3), np.zeros(40, "f4"), np.zeros((3, 2), "f4"), np.zeros((40, 2), "f4"))
    weights = user_weights(ranking, flat, np.array([0, 5, 9], dtype=np.int32), 1.0, TRAIN)
    assert weights[:, 1].tolist() == [0, 0, 0]
    assert np.isfinite(weights).all()


def test_no_prior_and_no_ratings_weigh_nothing(ranking: RankingModel, rating: RatingModel) -> None:
    params = replace(TRAIN, svd_prior_ratings=0)
    weights = user_weights(ranking, rating, np.array([0, 1, 1], dtype=np.int32), 1.0, params)
    assert weights[0, 1] == 0
    assert np.isfinite(weights).all()
