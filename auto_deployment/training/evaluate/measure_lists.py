"""How good lists are: every system on the same users, with intervals and paired differences."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import BoolArray, Float32Array, Float64Array, Int32Array, Int64Array
from auto_deployment.statistics.bootstrap import Bootstrap, Estimate, Resampled
from auto_deployment.training.evaluate.ranking_task import RankingTask, list_metrics
from auto_deployment.training.evaluate.recommenders import ALS, COUNT, ITEMS, POPULARITY, SERVED

METRICS = ("ndcg", "recall", "hit_rate", "popularity")
COMPARED = ((SERVED, POPULARITY), (SERVED, COUNT), (SERVED, ALS), (SERVED, ITEMS), (ALS, POPULARITY))
# Coverage is no mean, so each draw looks through all lists again: a fifth of the draws has to do.
COVERAGE_SHARE_OF_SAMPLES = 0.2


class Listed:
    """The lists (n, k) of every system for the same n users, and what each user's list is worth."""

    def __init__(
        self,
        user_ids: Int64Array,
        lists: Mapping[str, Int32Array],
        task: RankingTask,
        events_per_movie: Int32Array,
    ) -> None:
        self.user_ids = user_ids
        self.lists = lists
        self.movies = len(events_per_movie)
        self.columns: dict[str, Float64Array] = {
            f"{system}_{metric}": values
            for system, some in lists.items()
            for metric, values in list_metrics(task, some, events_per_movie).items()
        }


def measure_lists(listed: Listed, bootstrap: Bootstrap, here: BoolArray | None = None) -> dict[str, Any]:
    """Average the metrics of each system over users (those of `here`), and compare the systems' NDCG."""
    chosen = np.ones(len(listed.user_ids), dtype=np.bool_) if here is None else here
    resampled = Resampled({name: values[chosen] for name, values in listed.columns.items()}, bootstrap)
    drawn = who_is_drawn(int(chosen.sum()), bootstrap)
    systems = {
        system: {metric: resampled.mean(f"{system}_{metric}") for metric in METRICS}
        | {"coverage": coverage(lists[chosen], listed.movies, bootstrap, drawn)}
        for system, lists in listed.lists.items()
    }
    compared = {
        f"{one}_{sign}_{other}": compare(f"{one}_ndcg", f"{other}_ndcg")
        for one, other in COMPARED
        if other in systems  # not every model has an item part
        for sign, compare in (("minus", resampled.difference), ("over", resampled.ratio))
    }
    return {"users": int(chosen.sum()), "systems": systems, "ndcg_compared": compared}


def who_is_drawn(users: int, bootstrap: Bootstrap) -> Float32Array:
    """Return 1 where a draw for the coverage holds a user and 0 elsewhere, shape (users, draws)."""
    samples = max(int(bootstrap.samples * COVERAGE_SHARE_OF_SAMPLES), 1)
    present = np.zeros((samples if users else 0, users), dtype=np.float32)
    if users:
        draws = np.concatenate(Bootstrap(samples, bootstrap.level, bootstrap.seed).draws(users))
        present[np.arange(samples)[:, np.newaxis], draws] = 1
    return np.ascontiguousarray(present.T)


def coverage(lists: Int32Array, movies: int, bootstrap: Bootstrap, drawn: Float32Array) -> Estimate:
    """Return the share of all movies that stand on at least one list; `drawn` is of `who_is_drawn`.

    A draw holds fewer different users, so fewer movies: the interval has the width of what the draws give,
    laid around the value.
    """
    if not len(lists):
        return bootstrap.interval(np.nan, np.zeros(0))
    place, _ = np.nonzero(lists >= 0)
    listed, row = np.unique(lists[lists >= 0], return_inverse=True)
    stands_on = csr_matrix((np.ones(len(row), np.float32), (row, place)), (len(listed), len(lists)))
    found = np.count_nonzero(stands_on @ drawn, axis=0) / movies
    return bootstrap.interval(
        len(listed) / movies, np.clip(found - found.mean() + len(listed) / movies, 0, 1)
    )
