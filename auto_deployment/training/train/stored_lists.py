"""The lists that a model carries for its most recently active users."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from app.artifact import Model
from app.recommender import Recommender
from app.scoring.ordering import best
from auto_deployment.dataset.arrays import BoolArray, Float32Array, Float64Array, IndexArray, Int32Array
from auto_deployment.training.params import TrainParams
from auto_deployment.training.train.scorer import Scorer
from auto_deployment.training.train.top_lists import best_rows, for_each_block, hide_seen
from auto_deployment.training.train.trainset import Trainset

Weigh = Callable[[IndexArray, Float64Array], None]


def store_lists(
    model: Model,
    trainset: Trainset,
    params: TrainParams,
    weigh: Weigh | None = None,
    only: IndexArray | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Compute `user_list_row` and `top_items`: for each stored user what `Recommender` would compute live.

    `weigh` sets what items and popularity count for a block of users, all of them in turn, by their sums of
    item-to-item weights: these are most of the work, and lists are made of them too. `only` these users are
    weighed and get a list, where it is given.
    """
    weighed = np.arange(len(trainset.user_ids)) if only is None else only
    least = model.manifest["scalars"]["min_events"]
    stored = np.intersect1d(_most_recent(trainset, least, params.lists.stored_users), weighed)
    length = min(params.lists.length, len(trainset.movie_ids))
    top = np.full((len(stored), length), -1, dtype=np.int32)
    is_near = np.zeros(len(stored), dtype=np.bool_)
    list_row = np.full(len(trainset.user_ids), -1, dtype=np.int32)
    list_row[stored] = np.arange(len(stored))
    scorer = Scorer(model)

    def store(_: slice, rows: IndexArray) -> None:
        sums = None
        if weigh is not None:
            sums = scorer.sums(rows)
            weigh(rows, sums)
            here = list_row[rows] >= 0
            rows, sums = (rows, sums) if here.all() else (rows[here], sums[here])
        scores = scorer.scores(rows, sums)
        hide_seen(scores, rows, model.arrays["seen_indptr"], model.arrays["seen_items"])
        longer = best_rows(scores, length + 1)
        top[list_row[rows]] = longer[:, :length]
        is_near[list_row[rows]] = _has_near_ties(scores, longer, scorer.rounding)

    for_each_block(stored if weigh is None else weighed, store)
    _settle(model, stored, top, np.flatnonzero(is_near))
    return {"user_list_row": list_row, "top_items": top}


def _settle(model: Model, stored: IndexArray, top: Int32Array, near: IndexArray) -> None:
    """Compute some lists live: a product of matrices may round otherwise than one of a vector."""
    recommender = Recommender(model)

    def settle(_: slice, places: IndexArray) -> None:
        for place in places.tolist():
            order = best(recommender.scores(int(stored[place])), top.shape[1])
            top[place] = order + [-1] * (top.shape[1] - len(order))

    for_each_block(near, settle, "near ties")


def _most_recent(trainset: Trainset, least: int, count: int) -> IndexArray:
    """Return the users, in order of their rows, who were active last and have events enough for a list."""
    latest = np.zeros(len(trainset.user_ids), dtype=np.int64)
    np.maximum.at(latest, trainset.users, trainset.time_us)
    able = np.flatnonzero(trainset.events_per_user() >= least)
    chosen = able[np.argsort(-latest[able], kind="stable")[:count]]
    return np.sort(chosen)


def _has_near_ties(scores: Float32Array, top: Int32Array, rounding: float) -> BoolArray:
    """Tell for which users rounding could change the order or the end of the list."""
    best_scores = np.take_along_axis(scores, np.maximum(top, 0), axis=1)
    gaps = np.full((len(top), top.shape[1] - 1), np.inf, dtype=np.float32)
    np.subtract(best_scores[:, :-1], best_scores[:, 1:], out=gaps, where=top[:, 1:] >= 0)
    return np.asarray((gaps <= rounding * np.abs(best_scores[:, :1])).any(axis=1))
