"""Challenger against champion: the same users, the same later events, both models as they would be served."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from app.recommender import Recommender
from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int64Array
from auto_deployment.statistics.bootstrap import Bootstrap, Resampled
from auto_deployment.training.evaluate.groups import Groups
from auto_deployment.training.evaluate.measure_ratings import rmse, sums_by_user
from auto_deployment.training.evaluate.ranking_task import list_metrics, make_task
from auto_deployment.training.evaluate.recommenders import served_lists
from auto_deployment.training.evaluate.seen import is_in_training
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.train.trainset import movie_rows

SIDES = ("challenger", "champion")
COMPARED_GROUPS = ("gender", "age")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models that answer the same questions."""

    challenger: Recommender
    champion: Recommender

    def both(self) -> tuple[Recommender, Recommender]:
        return self.challenger, self.champion


def later_than_both(test: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """Keep what the champion has not learnt from either; of a champion with one cut, what came after it."""
    manifest = pair.champion.model.manifest
    is_new = ~is_in_training(pair.champion.model, test)
    if manifest["split"]["kind"] == "global":
        is_new &= (test["time"] >= pd.Timestamp(datetime.fromisoformat(manifest["watermark"]))).to_numpy()
    return test[is_new]


@threadpool_limits.wrap(limits=1, user_api="blas")  # type: ignore[untyped-decorator]  # as in `evaluate`
def compare(pair: Pair, test: pd.DataFrame, users: pd.DataFrame, params: TrainingParams) -> dict[str, Any]:
    """Compare RMSE on pairs that both models can predict, and NDCG, also by group, of users whom both know.

    Every number is an estimate {value, low, high}; intervals are of paired draws of users. RMSE is compared
    as the ratio challenger over champion, NDCG as the difference challenger minus champion. A relevant movie
    that one model does not know is a miss of that one, as it would be when served.
    """
    bootstrap = Bootstrap(
        params.evaluate.bootstrap_samples, params.evaluate.interval_level, params.train.seed
    )
    later = later_than_both(test, pair)
    lists = _ndcg(pair, later, params)
    return {
        "events": len(later),
        "rating": _compare_ratings(pair, later, bootstrap),
        "ranking": _compare_lists(lists.columns, bootstrap),
        "groups": _by_group(pair, lists, users, bootstrap),
    }


@dataclass(frozen=True, slots=True)
class _Measured:
    user_ids: Int64Array
    columns: Mapping[str, Float64Array]  # NDCG of each user under either model


def _compare_ratings(pair: Pair, later: pd.DataFrame, bootstrap: Bootstrap) -> dict[str, Any]:
    rated = later[later["rating"].notna().to_numpy()]
    user_ids, truth = rated["user_id"].to_numpy(), rated["rating"].to_numpy(np.float64)
    rows = [movie_rows(rated["movie_id"], one.movie_ids) for one in pair.both()]
    both = zip(pair.both(), rows, strict=True)
    errors = [one.predict_rows(user_ids, movies) - truth for one, movies in both]
    here = ~np.isnan(errors[0]) & ~np.isnan(errors[1])
    found, place = np.unique(user_ids[here], return_inverse=True)
    columns = {"pairs": sums_by_user(place, np.ones(len(place)), len(found))}
    for side, error in zip(SIDES, errors, strict=True):
        columns[f"{side}_squares"] = sums_by_user(place, error[here] ** 2, len(found))
    resampled = Resampled(columns, bootstrap)
    mine, other = (rmse(side) for side in SIDES)
    return {
        "users": len(found),
        "pairs": int(here.sum()),
        "challenger": resampled.estimate(mine),
        "champion": resampled.estimate(other),
        "ratio": resampled.estimate(lambda sums: mine(sums) / other(sums)),
    }


def _ndcg(pair: Pair, later: pd.DataFrame, params: TrainingParams) -> _Measured:
    known = np.ones(len(later), dtype=np.bool_)
    for one in pair.both():
        known &= np.isin(later["user_id"].to_numpy(), one.model.arrays["user_ids"])
    of_both = later[known]
    columns: dict[str, Float64Array] = {}
    user_ids: Int64Array = np.zeros(0, dtype=np.int64)
    for side, one in zip(SIDES, pair.both(), strict=True):
        # The same users in the same order: those of `of_both`, by id, sampled with the same seed.
        task = make_task(one, of_both, params.prepare, params.evaluate, params.train.seed)
        lists = served_lists(one, task.user_rows, params.evaluate.cutoff)
        events = np.zeros(len(one.movie_ids), dtype=np.int32)  # popularity is not asked for here
        columns[side] = list_metrics(task, lists, events)["ndcg"]
        user_ids = one.model.arrays["user_ids"][task.user_rows]
    return _Measured(user_ids, columns)


def _compare_lists(columns: Mapping[str, Float64Array], bootstrap: Bootstrap) -> dict[str, Any]:
    resampled = Resampled(columns, bootstrap)
    return {
        "users": len(next(iter(columns.values()))),
        **{side: resampled.mean(side) for side in SIDES},
        "difference": resampled.difference(*SIDES),
    }


def _by_group(
    pair: Pair, lists: _Measured, users: pd.DataFrame, bootstrap: Bootstrap
) -> dict[str, dict[str, Any]]:
    arrays = pair.challenger.model.arrays
    groups = Groups(users, arrays["user_ids"], arrays["user_events"])
    found: dict[str, dict[str, Any]] = {}
    for kind, labels, names in groups.of(lists.user_ids):
        if kind not in COMPARED_GROUPS:
            continue
        for name in names:
            here: BoolArray = labels == name
            if here.any():
                columns = {side: values[here] for side, values in lists.columns.items()}
                found.setdefault(kind, {})[name] = _compare_lists(columns, bootstrap)
    return found
