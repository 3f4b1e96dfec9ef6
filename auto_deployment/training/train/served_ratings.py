"""The ratings that are served: half SVD's prediction, half that of Bayesian factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auto_deployment.training.train.bayesian_factors import fit_bayesian
from auto_deployment.training.train.rating_models import Rated, RatingModel, fit_rated

if TYPE_CHECKING:
    from auto_deployment.training.params import TrainParams


def fit_ratings(rated: Rated, params: TrainParams) -> RatingModel:
    """Fit both models; one set of arrays gives the mean of their predictions."""
    svd = fit_rated(rated, params.svd, params.seed)
    return mean_of(svd, fit_bayesian(rated, params.bayesian, params.seed))


def mean_of(one: RatingModel, other: RatingModel) -> RatingModel:
    """Put the factors side by side, each scaled so that the product is the mean of both products."""
    half, scale = np.float32(0.5), np.float32(np.sqrt(0.5))
    return RatingModel(
        mean=(one.mean + other.mean) / 2,
        user_bias=(one.user_bias + other.user_bias) * half,
        movie_bias=(one.movie_bias + other.movie_bias) * half,
        user_factors=np.hstack([one.user_factors, other.user_factors]) * scale,
        movie_factors=np.hstack([one.movie_factors, other.movie_factors]) * scale,
    )
