"""Viewings and ratings as columns."""

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Int64Array
from auto_deployment.simulate.arrays import MINUTE_US


@dataclass(frozen=True, slots=True)
class Viewings:
    """Columns: a user watches `minutes` of a movie, one a minute, from `first_minute` on."""

    user: Int64Array
    movie: Int64Array
    start_us: Int64Array
    first_minute: Int64Array
    minutes: Int64Array


@dataclass(frozen=True, slots=True)
class Ratings:
    """Columns; `rating` is on the scale of the stream."""

    user: Int64Array
    movie: Int64Array
    time_us: Int64Array
    rating: Int64Array


Rows = TypeVar("Rows", Viewings, Ratings)


def join(one: Rows, *others: Rows) -> Rows:
    parts = (one, *others)
    names = [field.name for field in fields(one)]
    return type(one)(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def take(rows: Rows, kept: Int64Array | BoolArray) -> Rows:
    """Return some of the rows, by place or by mask."""
    return type(rows)(*(getattr(rows, field.name)[kept] for field in fields(rows)))


def clip(viewings: Viewings, end_us: int) -> Viewings:
    """Cut off the minutes before the start and from the end on, and the viewings of which nothing is left."""
    before = np.clip(-(viewings.start_us // MINUTE_US), 0, viewings.minutes)
    after = np.clip(-((end_us - viewings.start_us) // -MINUTE_US), 0, viewings.minutes)
    return take(_from_to(viewings, before, after), after > before)


def queue(viewings: Viewings, free_us: Int64Array) -> Viewings:
    """Put off what would begin while the user still watches something else; keep `free_us` up to date.

    A user's i-th viewing starts at the latest, over all j up to i, of the wanted start of the j-th plus the
    lengths of the viewings from j to i - 1; none starts before the user is free.
    """
    if not len(viewings.user):
        return viewings
    order = np.argsort(viewings.user, kind="stable")
    rows = take(viewings, order)
    fresh = np.append(True, rows.user[1:] != rows.user[:-1])
    length_us = rows.minutes * MINUTE_US
    before_us = length_us.cumsum() - length_us
    before_us -= before_us[fresh][fresh.cumsum() - 1]
    wanted_us = np.maximum(rows.start_us, free_us[rows.user]) - before_us
    # Each user's numbers lie above those of the one before, so that one running maximum serves all.
    lift_us = fresh.cumsum() * (np.ptp(wanted_us) + 1)
    start_us = np.maximum.accumulate(wanted_us + lift_us) - lift_us + before_us
    free_us[rows.user] = start_us + length_us
    in_place_us = np.empty_like(start_us)
    in_place_us[order] = start_us
    return replace(viewings, start_us=in_place_us)


def skip(viewings: Viewings, minutes: Int64Array) -> Viewings:
    """Return what is left to watch after this many minutes of each viewing."""
    return take(_from_to(viewings, minutes, viewings.minutes), viewings.minutes > minutes)


def _from_to(viewings: Viewings, before: Int64Array, after: Int64Array) -> Viewings:
    return replace(
        viewings,
        start_us=viewings.start_us + before * MINUTE_US,
        first_minute=viewings.first_minute + before,
        minutes=after - before,
    )


def truncate(times_us: Int64Array, digits: int) -> Int64Array:
    """Cut times to a number of digits of the second, as they will be written."""
    unit_us: int = 10 ** (6 - digits)
    return times_us - times_us % unit_us
