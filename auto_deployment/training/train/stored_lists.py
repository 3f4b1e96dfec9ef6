"""The lists that a model carries for its most recently active users."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.artifact import Model
from app.ordering import best
from app.recommender import Recommender
from auto_deployment.dataset.arrays import BoolArray, Float32Array, IndexArray, Int32Array
from auto_deployment.training.params import TrainParams
from auto_deployment.training.train.scorer import Scorer
from auto_deployment.training.train.top_lists import best_rows, for_each_block, hide_seen
from auto_deployment.training.train.trainset import Trainset

# Of a user's best score. Two float32 products of the same few hundred factors were seen to differ by 9e-7.
ROUNDING = 4e-6


def store_lists(model: Model, trainset: Trainset, params: TrainParams) -> dict[str, npt.NDArray[Any]]:
    """Compute `user_list_row` and `top_items`: for each stored user what `Recommender` would compute live."""
    least = model.manifest["scalars"]["min_events"]
    rows = _most_recent(trainset, least, params.lists.stored_users)
    length = min(params.lists.length, len(trainset.movie_ids))
    top = np.full((len(rows), length), -1, dtype=np.int32)
    recommender = Recommender(model)
    scorer = Scorer(model)

    def store(place: slice, some: IndexArray) -> None:
        scores = scorer.scores(some)
        hide_seen(scores, some, model.arrays["seen_indptr"], model.arrays["seen_items"])
        longer = best_rows(scores, length + 1)
        top[place] = longer[:, :length]
        for near in np.flatnonzero(_has_near_ties(scores, longer)):
            # A product of matrices may round otherwise than one of a matrix and a vector: settle it live.
            order = best(recommender.scores(int(some[near])), length)
            top[place.start + near] = order + [-1] * (length - len(order))

    for_each_block(rows, store)
    list_row = np.full(len(trainset.user_ids), -1, dtype=np.int32)
    list_row[rows] = np.arange(len(rows))
    return {"user_list_row": list_row, "top_items": top}


def _most_recent(trainset: Trainset, least: int, count: int) -> IndexArray:
    """Return the users, in order of their rows, who were active last and have events enough for a list."""
    latest = np.zeros(len(trainset.user_ids), dtype=np.int64)
    np.maximum.at(latest, trainset.users, trainset.time_us)
    able = np.flatnonzero(trainset.events_per_user() >= least)
    chosen = able[np.argsort(-latest[able], kind="stable")[:count]]
    return np.sort(chosen)


def _has_near_ties(scores: Float32Array, top: Int32Array) -> BoolArray:
    """Tell for which users rounding could change the order or the end of the list."""
    best_scores = np.take_along_axis(scores, np.maximum(top, 0), axis=1)
    gaps = np.full((len(top), top.shape[1] - 1), np.inf, dtype=np.float32)
    np.subtract(best_scores[:, :-1], best_scores[:, 1:], out=gaps, where=top[:, 1:] >= 0)
    return np.asarray((gaps <= ROUNDING * np.abs(best_scores[:, :1])).any(axis=1))
