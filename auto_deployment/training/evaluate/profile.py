"""What a model was made of: events by kind, day, gender, age band and activity. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from auto_deployment.dataset.arrays import BoolArray
from auto_deployment.training.evaluate.groups import Groups
from auto_deployment.training.prepare.interactions import microseconds


def profile_of(interactions: pd.DataFrame, users: pd.DataFrame, lines: Mapping[str, int]) -> dict[str, Any]:
    """Count interactions, one for each (user, movie), each by what it holds: a rating, a watch, or both.

    `lines` are the lines that came in by kind, before repetitions were absorbed. Days without events are not
    listed.
    """
    kinds = {
        "rating": interactions["rating"].notna().to_numpy(),
        "watch": interactions["watched"].notna().to_numpy(),
    }
    return {
        "lines": dict(lines),
        "kinds": {kind: int(here.sum()) for kind, here in kinds.items()},
        "days": _by_day(interactions["time"], kinds),
        "groups": _by_group(interactions["user_id"].to_numpy(), users),
        "users": int(interactions["user_id"].nunique()),
        "movies": int(interactions["movie_id"].nunique()),
    }


def _by_day(times: pd.Series, kinds: Mapping[str, BoolArray]) -> list[list[Any]]:
    # Whole days as numbers: writing out a date for each of millions of events takes seconds.
    days, place = np.unique(
        microseconds(times).view("datetime64[us]").astype("datetime64[D]"), return_inverse=True
    )
    counts = {kind: np.bincount(place[here], minlength=len(days)) for kind, here in kinds.items()}
    return [[str(day), {kind: int(of[row]) for kind, of in counts.items()}] for row, day in enumerate(days)]


def _by_group(user_ids: Any, users: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Add up the events of each group's users; groups without events are left out."""
    known, events = np.unique(user_ids, return_counts=True)
    groups = Groups(users, known, events.astype(np.int32))
    counted = {}
    for kind, labels, names in groups.of(known):
        sums = {name: int(events[labels == name].sum()) for name in names}
        counted[kind] = {name: count for name, count in sums.items() if count}
    return counted
