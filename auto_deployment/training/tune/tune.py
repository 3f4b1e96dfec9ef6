"""Parameters by search on later parts of the training data, cut from it as that was from the whole.

What is held out for measuring models is dropped before anything is looked at.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from auto_deployment.training.params import TrainingParams, TrainParams
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.tune.search import Choices, P, Stage, coordinate_search
from auto_deployment.training.tune.validation import Validation

BIAS: Choices = {"user_regularization": (3, 5, 8, 12, 20), "movie_regularization": (1, 2, 3, 5, 10)}
SVD: Choices = {
    "regularization": (0.05, 0.07, 0.1, 0.15),
    "factors": (20, 50, 100),
    "learning_rate": (0.005, 0.01, 0.02),
    "epochs": (20, 25, 30, 40),
    "init_deviation": (0.02, 0.05, 0.1),
}
ALS: Choices = {
    "regularization": (0.25, 0.3, 0.35, 0.4, 0.45),
    "confidence_gain": (4, 7, 10, 15),
    "factors": (32, 64, 128),
}
STRENGTH: Choices = {"rating_power": (1, 2, 2.5, 3)}
BLEND: Choices = {"svd_weight": (0.0, 0.1, 0.2, 0.3, 0.4, 0.6), "svd_prior_ratings": (0, 20, 50, 100)}
POPULARITY: Choices = {"half_life_days": (7, 14, 30, 90, 365), "smoothing_events": (1_000, 10_000, 100_000)}
# Shares of the training part: on one alone, chance decides between values that are nearly as good.
FOLDS = (0.1, 0.2, 0.3)


def tune(data: TrainingData, params: TrainingParams) -> tuple[TrainParams, list[Stage]]:
    """Search stage after stage, each with what the ones before settled for; raise `NotEnoughDataError`.

    Losses are RMSE (1-5) for the biases and SVD, the negative NDCG for strengths and ALS with factors alone,
    for SVD beside them, and for popularity, each a mean over the folds.
    """
    folds = [Validation(data, params, share) for share in FOLDS]
    stages: list[Stage] = []

    def search(name: str, start: P, choices: Choices, loss: Callable[[Validation, P], float]) -> P:
        stages.append(Stage(name))
        return coordinate_search(
            start, choices, lambda p: float(np.mean([loss(fold, p) for fold in folds])), stages[-1]
        )

    best = params.train
    if all(fold.has_ratings for fold in folds):
        best = replace(best, bias=search("bias", best.bias, BIAS, Validation.bias_loss))
        best = replace(best, svd=search("svd", best.svd, SVD, Validation.svd_loss))
    for fold in folds:
        fold.settle_rating(best.svd)
    best = search("strength", best, STRENGTH, Validation.factors_loss)
    settled = best
    als = search("als", best.als, ALS, lambda fold, als: fold.factors_loss(replace(settled, als=als)))
    best = replace(best, als=als)
    for fold in folds:
        fold.settle_ranking(best)
    best = search("blend", best, BLEND, Validation.blend_loss)
    popularity = search("popularity", best.popularity, POPULARITY, Validation.popularity_loss)
    return replace(best, popularity=popularity), stages
