"""Parameters by search on a validation part, which is cut from the training part as that was from the whole.

What is held out for measuring models is dropped before anything is looked at.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from app.recommender import Recommender
from auto_deployment.training.data import TrainingData
from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.options import TrainingParams, TrainParams
from auto_deployment.training.ranking_model import RankingModel, fit_als
from auto_deployment.training.ranking_task import list_metrics, make_task
from auto_deployment.training.rating_models import RatingModel, fit_bias, fit_svd
from auto_deployment.training.search import Choices, P, Stage, coordinate_search
from auto_deployment.training.split import split_by_time
from auto_deployment.training.systems import popular_lists, served_lists
from auto_deployment.training.train import assemble
from auto_deployment.training.trainset import make_trainset

BIAS: Choices = {"user_regularization": (3, 5, 8, 12, 20), "movie_regularization": (1, 2, 3, 5, 10)}
SVD: Choices = {
    "regularization": (0.05, 0.08, 0.1, 0.12, 0.15),
    "factors": (20, 50, 100),
    "epochs": (20, 40, 60, 90),
    "learning_rate": (0.005, 0.01, 0.02),
}
ALS: Choices = {
    "regularization": (3, 10, 30, 60, 100),
    "confidence_gain": (1, 2, 4, 8, 16),
    "rating_power": (0.5, 1, 2, 3),
    "factors": (16, 32, 64, 100),
}
POPULARITY: Choices = {"half_life_days": (7, 30, 90, 365), "smoothing_events": (1_000, 10_000, 100_000)}
BLEND: Choices = {"svd_weight": (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)}


def tune(data: TrainingData, params: TrainingParams) -> tuple[TrainParams, list[Stage]]:
    """Search stage after stage, each with what the ones before settled for; raise `NotEnoughDataError`.

    Losses are RMSE (1-5) for the biases and SVD, the negative NDCG for ALS alone, the blend and popularity.
    """
    start, stages = params.train, []
    validation = Validation(data, params)
    trainset, seed = validation.trainset, start.seed

    def search(name: str, first: P, choices: Choices, loss: Callable[[P], float]) -> P:
        stages.append(Stage(name))
        progress: tqdm[Any]
        with tqdm(desc=name, disable=None) as progress:
            return coordinate_search(first, choices, _counted(loss, progress), stages[-1])

    bias, svd = start.bias, start.svd
    if validation.has_ratings:
        bias = search("bias", bias, BIAS, lambda p: validation.rmse(fit_bias(trainset, p)))
        svd = search("svd", svd, SVD, lambda p: validation.rmse(fit_svd(trainset, p, seed)))
    rating, alone = fit_svd(trainset, svd, seed), replace(start, svd_weight=0.0)
    als = search("als", start.als, ALS, lambda p: -validation.ndcg(fit_als(trainset, p, seed), rating, alone))
    ranking = fit_als(trainset, als, seed)
    blend = search("blend", start, BLEND, lambda p: -validation.ndcg(ranking, rating, p))
    popularity = search(
        "popularity",
        start.popularity,
        POPULARITY,
        lambda p: -validation.ndcg(ranking, rating, replace(start, popularity=p), popular=True),
    )
    return replace(blend, bias=bias, svd=svd, als=als, popularity=popularity), stages


class Validation:
    """The later part of the training data, to choose parameters on."""

    def __init__(self, data: TrainingData, params: TrainingParams) -> None:
        training = split_by_time(data.interactions, params.prepare).train
        split = split_by_time(training, params.prepare)
        self.trainset = make_trainset(split.train)
        self._params, self._test, self._movies = params, split.test, data.movies
        rated = split.test[split.test["rating"].notna()]
        users = pd.Index(self.trainset.user_ids).get_indexer(pd.Index(rated["user_id"]))
        movies = pd.Index(self.trainset.movie_ids).get_indexer(pd.Index(rated["movie_id"].astype("str")))
        known = (users >= 0) & (movies >= 0)
        self._users, self._rated_movies = users[known], movies[known]
        self._truth = rated["rating"].to_numpy(dtype=np.float64)[known]

    @property
    def has_ratings(self) -> bool:
        return bool(len(self._truth) and self.trainset.is_rated.any())

    def rmse(self, rating: RatingModel) -> float:
        """Return the RMSE on held-out ratings whose user and movie the model knows."""
        return float(np.sqrt(np.mean((rating.predict(self._users, self._rated_movies) - self._truth) ** 2)))

    def ndcg(
        self, ranking: RankingModel, rating: RatingModel, params: TrainParams, popular: bool = False
    ) -> float:
        """Return the mean NDCG of the served lists, or of the popularity lists."""
        params = replace(params, lists=replace(params.lists, stored_users=0))
        fitted = assemble(self.trainset, self._movies, ranking, rating, params)
        recommender = Recommender(fitted.as_model())
        how = self._params.evaluate
        task = make_task(recommender, self._test, self._params.prepare, how, params.seed)
        if not len(task.user_rows):
            raise NotEnoughDataError("No user has something relevant to choose parameters on: import more.")
        lists = (popular_lists if popular else served_lists)(recommender, task.user_rows, how.cutoff)
        return float(np.mean(list_metrics(task, lists, self.trainset.events_per_movie())["ndcg"]))


def _counted(loss: Callable[[P], float], progress: "tqdm[Any]") -> Callable[[P], float]:
    def counted(candidate: P) -> float:
        value = loss(candidate)
        progress.update()
        return value

    return counted
