"""Several models in one score: each brought to standard deviation 1 over a user's movies, then weighted."""

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Float64Array, Int32Array
from auto_deployment.training.params import TrainParams
from auto_deployment.training.train.choose.choice import Choice
from auto_deployment.training.train.ranking_model import RankingModel
from auto_deployment.training.train.rating_models import RatingModel


def user_weights(
    ranking: RankingModel,
    rating: RatingModel,
    ratings_per_user: Int32Array,
    share: float,
    params: TrainParams,
) -> Float32Array:
    """Return the model's `user_blend` (U, 2): what a user's ranking and rating scores are multiplied by.

    `share` is that of both beside the item part.

    The rating part counts n / (n + prior) for a user with n ratings: with few of them it knows next to
    nothing about the user, and its order of movies is mostly noise.
    """
    reliability = ratings_per_user / np.maximum(ratings_per_user + params.svd_prior_ratings, 1)
    return np.column_stack(
        [
            _inverse(score_deviation(ranking.user_factors, ranking.movie_factors)),
            params.svd_weight * reliability * _inverse(score_deviation(*with_bias(rating))),
        ]
    ).astype(np.float32) * np.float32(share)


def item_weights(sums: Float64Array, share: float) -> Float32Array:
    """Return what users' sums of item-to-item weights (n, M) are multiplied by, shape (n,)."""
    mean = sums.mean(axis=1)
    variance = np.einsum("ij,ij->i", sums, sums) / sums.shape[1] - mean**2
    return np.float32(share) * _inverse(np.sqrt(np.maximum(variance, 0)).astype(np.float32))


def popular_weights(events: Int32Array, is_known: BoolArray, choice: Choice) -> Float32Array:
    """Return what popularity is multiplied by, shape (n,); who no other part knows has popularity alone."""
    return np.where(is_known, choice.popular_of(events), np.float32(1))


def with_bias(rating: RatingModel) -> tuple[Float32Array, Float32Array]:
    """Append the movie bias, and a one for each user: one product then orders a user's movies."""
    ones = np.ones((len(rating.user_factors), 1), dtype=np.float32)
    return np.hstack([rating.user_factors, ones]), np.column_stack([rating.movie_factors, rating.movie_bias])


def score_deviation(users: Float32Array, movies: Float32Array) -> Float32Array:
    """Return the deviation of each user's scores over all movies: sqrt(u' Cov(movies) u), shape (U,)."""
    centred = movies.astype(np.float64) - movies.mean(axis=0, dtype=np.float64)
    covariance = centred.T @ centred / len(movies)
    variance = np.einsum("ij,ij->i", users @ covariance, users)
    deviation: Float32Array = np.sqrt(np.maximum(variance, 0)).astype(np.float32)
    return deviation


def _inverse(deviation: Float32Array) -> Float32Array:
    """Invert; scores without any spread order nothing and get the weight 0."""
    usable = deviation > 1e-6
    inverse: Float32Array = np.where(usable, 1 / np.where(usable, deviation, 1), 0).astype(np.float32)
    return inverse
