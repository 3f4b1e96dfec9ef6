"""What recent events are worth: lists with them beside lists without, of known users and of new ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from app.recent.lists import Known, answer_with
from app.recent.rows import encode
from auto_deployment.statistics.bootstrap import Bootstrap, Resampled
from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.evaluate.ranking_task import list_metrics, task_of
from auto_deployment.training.evaluate.recommenders import padded
from auto_deployment.training.evaluate.since import Events, Since, look_since
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.train.choose.choice import read_choice

NEW_EVENTS = (1, 2, 3, 5, 10, 20)
KNOWN_USERS = 2_000
LEAST_USERS = 30  # fewer say nothing

Lists = dict[str, list[list[int]]]


@threadpool_limits.wrap(limits=1, user_api="blas")  # type: ignore[untyped-decorator]  # as in `evaluate`
def measure_recent(
    details: Mapping[str, Any], train: pd.DataFrame, test: pd.DataFrame, params: TrainingParams
) -> dict[str, Any]:
    """Measure lists as instances make them of recent events; {"skipped": why} where nothing can be said.

    A model like the one that `details` describes is fitted without the last events of the training part:
    these are the recent ones. What is held out is what was liked afterwards. Every number is an estimate.
    """
    kind, choice = details["split"]["kind"], details.get("choice")
    if kind == "random":
        return {"skipped": "Times do not say which events are recent."}
    if not choice:
        return {"skipped": "The model does not say how its parts are weighted."}
    try:
        since = look_since(train, test, kind, read_choice(choice), params)
    except NotEnoughDataError:
        return {"skipped": "Too little is left to learn from without the recent events."}
    how = params.evaluate
    bootstrap = Bootstrap(how.bootstrap_samples, how.interval_level, params.train.seed)
    return {
        "cutoff": how.cutoff,
        "own_list_events": since.known.learnt.own_list_events,
        "known": _of_known(since, how.cutoff, bootstrap),
        "new": [_of_new(since, events, how.cutoff, bootstrap) for events in NEW_EVENTS],
    }


def _of_known(since: Since, n: int, bootstrap: Bootstrap) -> dict[str, Any]:
    recommender = since.known.recommender
    able = since.relevant["user_id"].unique()
    users = sorted(user for user in since.recent if recommender.user_row(user) is not None)
    users = _some(np.intersect1d(users, able).tolist(), bootstrap.seed)
    lists: Lists = {"recent": [], "stale": [], "popularity": []}
    for user in users:
        recent = since.recent[user]
        hidden = {title.code for title in recent}
        lists["recent"].append(_list(since.known, recent, user, n, hidden))
        lists["stale"].append(recommender.recommend(user, n).rows)
        row = recommender.user_row(user)
        lists["popularity"].append(recommender.popular(n, user_row=row, hidden=hidden).rows)
    pairs = (("recent", "stale"), ("recent", "popularity"))
    return _measured(since, users, lists, pairs, bootstrap)


def _of_new(since: Since, events: int, n: int, bootstrap: Bootstrap) -> dict[str, Any]:
    """Meet new users with their newest events; what they saw before is hidden, as it cannot be a hit."""
    able = set(since.relevant["user_id"].tolist())
    users = sorted(user for user, met in since.met.items() if len(met) >= events and user in able)
    always = since.known._replace(learnt=since.known.learnt._replace(own_list_events=1))
    is_own = events >= since.known.learnt.own_list_events
    lists: Lists = {"served": [], "own": [], "popularity": []}
    for user in users:
        met = since.met[user]
        hidden = {title.code for title in met}
        own = _list(always, met[:events], user, n, hidden)
        popular = since.known.recommender.popular(n, hidden=hidden).rows
        for name, rows in (("served", own if is_own else popular), ("own", own), ("popularity", popular)):
            lists[name].append(rows)
    pairs = (("served", "popularity"), ("own", "popularity"))
    return {"events": events, **_measured(since, users, lists, pairs, bootstrap)}


def _list(known: Known, recent: Events, user: int, n: int, hidden: set[int]) -> list[int]:
    row = known.recommender.user_row(user)
    return answer_with(known, encode(recent), row, n, set(hidden), None).rows


def _some(users: list[int], seed: int) -> list[int]:
    return sorted(np.random.default_rng(seed).permutation(users)[:KNOWN_USERS].tolist())


def _measured(
    since: Since,
    users: list[int],
    lists: Mapping[str, list[list[int]]],
    pairs: Sequence[tuple[str, str]],
    bootstrap: Bootstrap,
) -> dict[str, Any]:
    """Return NDCG of each kind of list, and how the pairs differ; of too few users only their number."""
    if len(users) < LEAST_USERS:
        return {"users": len(users)}
    recommender = since.known.recommender
    relevant = since.relevant[since.relevant["user_id"].isin(users)]
    place = np.searchsorted(users, relevant["user_id"].to_numpy())
    task = task_of(recommender, np.arange(len(users)), place, relevant["movie_id"])
    nothing = np.zeros(len(recommender.movie_ids), dtype=np.int32)
    n = max(len(rows) for some in lists.values() for rows in some)
    columns = {name: list_metrics(task, padded(rows, n), nothing)["ndcg"] for name, rows in lists.items()}
    resampled = Resampled(columns, bootstrap)
    compared: dict[str, Callable[[str, str], Any]] = {"minus": resampled.difference, "over": resampled.ratio}
    return {
        "users": len(users),
        **{name: resampled.mean(name) for name in columns},
        **{
            f"{one}_{sign}_{other}": take(one, other)
            for one, other in pairs
            for sign, take in compared.items()
        },
    }
