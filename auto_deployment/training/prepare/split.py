"""Older events to learn from, later ones to be measured on; where times say nothing, chance decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from auto_deployment.dataset.arrays import BoolArray, Int64Array
from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.params import PrepareParams
from auto_deployment.training.prepare.interactions import microseconds
from auto_deployment.training.prepare.random_split import held_out_at_random

Kind = Literal["global", "per_user", "random"]


@dataclass(frozen=True, slots=True)
class Split:
    """Two parts of the interactions, of each user the older and the later ones, or such as chance has drawn.

    A `global` split has one cut: training is older, the rest is held out. A `per_user` split holds out the
    last share of each user's events, a `random` one any share of them, drawn with `seed`. `watermark` is the
    cut, or the newest training event if there is none.
    """

    kind: Kind
    watermark: datetime
    train: pd.DataFrame
    test: pd.DataFrame
    users_on_both_sides_of_one_cut: int
    seed: int | None = None
    times: int | None = None  # how many different ones there are, of a random split


def split_by_time(interactions: pd.DataFrame, params: PrepareParams) -> Split:
    """Split at one global time where that leaves enough users on both sides, else each user's own events.

    Training is strictly older than what is held out, per user: events of the moment of the cut are held out.
    A user whose events all have one time is left in training; where nearly all are such, chance holds out
    instead. Raises `NotEnoughDataError`.
    """
    if interactions.empty:
        raise NotEnoughDataError("There is no rating and no watch to train on: import or ingest some first.")
    times = microseconds(interactions["time"])
    _, first, user = np.unique(interactions["user_id"].to_numpy(), return_index=True, return_inverse=True)
    cut_us = cuts(np.sort(times), np.zeros(1, dtype=np.int64), params.test_share)[0]
    is_test = times >= cut_us
    later = np.bincount(user[is_test], minlength=len(first))
    on_both = int(((later > 0) & (later < np.bincount(user))).sum())
    if on_both >= params.min_split_users:
        cut = pd.Timestamp(cut_us, unit="us", tz="UTC").to_pydatetime()
        return Split("global", cut, interactions[~is_test], interactions[is_test], on_both)
    is_test = _held_out_per_user(times, first, user, params.test_share)
    if _says_too_little(is_test, first, user, params):
        seed = params.random_split_seed
        is_test = held_out_at_random(interactions, first, user, params.test_share, seed)
        train, moments = interactions[~is_test], len(np.unique(times))
        newest = train["time"].max().to_pydatetime()
        return Split("random", newest, train, interactions[is_test], on_both, seed, moments)
    train = interactions[~is_test]
    return Split("per_user", train["time"].max().to_pydatetime(), train, interactions[is_test], on_both)


def describe_split(split: Split) -> dict[str, Any]:
    """Return what a manifest says about a split."""
    return {
        "watermark": split.watermark.isoformat(),
        "split": {
            "kind": split.kind,
            "train": len(split.train),
            "test": len(split.test),
            "users_on_both_sides_of_one_cut": split.users_on_both_sides_of_one_cut,
            **({"seed": split.seed, "times": split.times} if split.kind == "random" else {}),
        },
    }


def _says_too_little(is_test: BoolArray, first: Int64Array, user: Int64Array, params: PrepareParams) -> bool:
    """Tell whether nobody, or few and the smaller part, of those with enough events can be split by time."""
    sizes = np.diff(np.append(first, len(user)))
    enough = int((np.floor(sizes * params.test_share) >= 1).sum())
    by_time = len(np.unique(user[is_test]))
    return enough > 0 and by_time < params.min_split_users and 2 * by_time < enough


def _held_out_per_user(times: Int64Array, first: Int64Array, user: Int64Array, share: float) -> BoolArray:
    is_test: BoolArray = times >= cuts(times, first, share)[user]
    with_train = np.bincount(user, weights=~is_test) > 0
    return is_test & with_train[user]


def cuts(times: Int64Array, first: Int64Array, share: float) -> Int64Array:
    """Return the time from which on each group's events are held out; times rise from each `first` on."""
    sizes = np.diff(np.append(first, len(times)))
    kept = sizes - np.floor(sizes * share).astype(np.int64)
    cuts = times[first + np.minimum(kept, sizes - 1)]
    return np.where(kept < sizes, cuts, np.iinfo(np.int64).max)
