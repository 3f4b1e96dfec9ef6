"""A later part of the training data, to choose parameters on."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from app.recommender import Recommender
from auto_deployment.dataset.arrays import IndexArray, Int32Array
from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.evaluate.ranking_task import list_metrics, make_task
from auto_deployment.training.evaluate.recommenders import popular_lists, served_lists
from auto_deployment.training.params import (
    BiasParams,
    PopularityParams,
    SvdParams,
    TrainingParams,
    TrainParams,
)
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.prepare.split import split_by_time
from auto_deployment.training.train.choose.choice import plain_choice
from auto_deployment.training.train.engines.port import Parts
from auto_deployment.training.train.fit import assemble
from auto_deployment.training.train.ranking_model import RankingModel, fit_als
from auto_deployment.training.train.rating_models import Rated, RatingModel, fit_bias, fit_svd
from auto_deployment.training.train.served_ratings import fit_ratings
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import make_trainset, movie_rows

Lister = Callable[[Recommender, IndexArray, int], Int32Array]


class Validation:
    """One cut through the training part, what one has settled for so far, and losses for the rest."""

    def __init__(self, data: TrainingData, params: TrainingParams, share: float) -> None:
        training = split_by_time(data.interactions, params.prepare).train
        split = split_by_time(training, replace(params.prepare, test_share=share))
        self.trainset = make_trainset(split.train)
        self.test = split.test
        self._params, self._movies = params, data.movies
        self._seed = params.train.seed
        self._rating = fit_bias(self.trainset, params.train.bias)
        self._ranking: RankingModel | None = None
        rated = split.test[split.test["rating"].notna()]
        users = pd.Index(self.trainset.user_ids).get_indexer(pd.Index(rated["user_id"]))
        movies = movie_rows(rated["movie_id"], self.trainset.movie_ids)
        known = (users >= 0) & (movies >= 0)
        self._users, self._rated_movies = users[known], movies[known]
        self._truth = rated["rating"].to_numpy(dtype=np.float64)[known]

    @property
    def has_ratings(self) -> bool:
        return bool(len(self._truth) and self.trainset.is_rated.any())

    def settle_rating(self, params: SvdParams) -> None:
        self._rating = fit_ratings(Rated(self.trainset), replace(self._params.train, svd=params))

    def settle_ranking(self, params: TrainParams) -> None:
        self._ranking = self._fit_ranking(params)

    def bias_loss(self, params: BiasParams) -> float:
        return self._rmse(fit_bias(self.trainset, params))

    def svd_loss(self, params: SvdParams) -> float:
        return self._rmse(fit_svd(self.trainset, params, self._seed))

    def factors_loss(self, params: TrainParams) -> float:
        return self._loss(served_lists, self._fit_ranking(params), replace(params, svd_weight=0.0))

    def blend_loss(self, params: TrainParams) -> float:
        return self._loss(served_lists, self._ranking, params)

    def popularity_loss(self, params: PopularityParams) -> float:
        return self._loss(popular_lists, self._ranking, replace(self._params.train, popularity=params))

    def _fit_ranking(self, params: TrainParams) -> RankingModel:
        likes = liked(self.trainset, strength(self.trainset, params.rating_power))
        (value,) = singular_values(likes, (params.als.spectrum_rank,), self._seed)
        return fit_als(likes, value, params.als, self._seed)

    def _rmse(self, rating: RatingModel) -> float:
        return float(np.sqrt(np.mean((rating.predict(self._users, self._rated_movies) - self._truth) ** 2)))

    def _loss(self, lister: Lister, ranking: RankingModel | None, params: TrainParams) -> float:
        """Return the negative mean NDCG of lists that a model of factors alone serves.

        The weight of items and popularity is no parameter: every training chooses it for itself.
        """
        ranking = ranking or self._fit_ranking(params)
        items = csr_matrix((len(self.trainset.movie_ids),) * 2, dtype=np.float32)
        parts = Parts(ranking, self._rating, items, plain_choice(0.0, params.min_events))
        without_lists = replace(params, lists=replace(params.lists, stored_users=0))
        fitted = assemble(self.trainset, self._movies, parts, without_lists)
        recommender = Recommender(fitted.as_model())
        how = self._params.evaluate
        task = make_task(recommender, self.test, self._params.prepare, how, self._seed)
        if not len(task.user_rows):
            raise NotEnoughDataError("No user has something relevant to choose parameters on: import more.")
        lists = lister(recommender, task.user_rows, how.cutoff)
        return -float(np.mean(list_metrics(task, lists, self.trainset.events_per_movie())["ndcg"]))
