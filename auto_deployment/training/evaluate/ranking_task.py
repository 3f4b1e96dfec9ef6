"""What lists are measured against: the held-out movies that each user would have liked to be recommended."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app.recommender import Recommender
from auto_deployment.dataset.arrays import (
    BoolArray,
    Float64Array,
    IndexArray,
    Int32Array,
    Int64Array,
    is_among,
)
from auto_deployment.training.params import EvaluateParams, PrepareParams
from auto_deployment.training.prepare.interactions import is_relevant
from auto_deployment.training.train.trainset import movie_rows


@dataclass(frozen=True, slots=True)
class RankingTask:
    """n users whom the model knows and who have something relevant held out.

    user_rows (n,) in the model; relevant_count (n,) counts all relevant movies, also those that the model
    does not know and can only miss. `relevant` holds place * movies + movie row, rising, of those it knows.
    """

    user_rows: IndexArray
    relevant_count: Int64Array
    relevant: Int64Array
    movies: int
    unknown_share: float  # of the relevant movies, not in the model

    def is_hit(self, lists: Int32Array) -> BoolArray:
        """Tell which entries of lists (n, k) are relevant."""
        keys = np.arange(len(lists))[:, np.newaxis] * self.movies + lists
        hits: BoolArray = (lists >= 0) & is_among(keys, self.relevant)
        return hits


def make_task(
    recommender: Recommender, test: pd.DataFrame, prepare: PrepareParams, evaluate: EvaluateParams, seed: int
) -> RankingTask:
    """Collect the relevant held-out movies of known users; of more users than `max_users`, a sample."""
    relevant = test[is_relevant(test, prepare).to_numpy()]
    known = recommender.model.arrays["user_ids"]
    user_ids = relevant["user_id"].to_numpy()
    rows = np.minimum(np.searchsorted(known, user_ids), len(known) - 1)
    relevant, rows = relevant[known[rows] == user_ids], rows[known[rows] == user_ids]
    user_rows = np.unique(rows)
    if len(user_rows) > evaluate.max_users:
        rng = np.random.default_rng(seed)
        user_rows = np.sort(rng.choice(user_rows, evaluate.max_users, replace=False))
    here = np.isin(rows, user_rows)
    return task_of(recommender, user_rows, np.searchsorted(user_rows, rows[here]), relevant["movie_id"][here])


def task_of(
    recommender: Recommender, user_rows: IndexArray, place: IndexArray, relevant: pd.Series
) -> RankingTask:
    """Return the task of finding relevant movies, each of the user at a place of `user_rows`."""
    movies = movie_rows(relevant, recommender.movie_ids)
    count = np.bincount(place, minlength=len(user_rows))
    keys = np.unique(place[movies >= 0] * np.int64(len(recommender.movie_ids)) + movies[movies >= 0])
    unknown = float((movies < 0).mean()) if len(movies) else 0.0
    return RankingTask(user_rows, count, keys, len(recommender.movie_ids), unknown)


def list_metrics(
    task: RankingTask, lists: Int32Array, events_per_movie: Int32Array
) -> dict[str, Float64Array]:
    """Measure lists (n, k), -1 where one is short; return a value per user for each metric.

    NDCG with binary relevance (Jarvelin & Kekalainen, 2002); recall is the share of all relevant movies;
    popularity is the mean number of training events of the recommended movies.
    """
    hits = task.is_hit(lists)
    discount = 1 / np.log2(np.arange(lists.shape[1]) + 2)
    ideal = np.cumsum(discount)[np.minimum(task.relevant_count, lists.shape[1]) - 1]
    filled = lists >= 0
    events = np.where(filled, events_per_movie[np.maximum(lists, 0)], 0).sum(axis=1)
    return {
        "ndcg": (hits * discount).sum(axis=1) / ideal,
        "recall": hits.sum(axis=1) / task.relevant_count,
        "hit_rate": hits.any(axis=1).astype(np.float64),
        "popularity": events / np.maximum(filled.sum(axis=1), 1),
    }
