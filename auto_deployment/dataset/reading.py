"""Reading all segments as one table of ratings and one of watches, duplicates absorbed."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import Float32Array, Int32Array, Int64Array, int64s
from auto_deployment.dataset.minutes import pack_pair, unpack_pair
from auto_deployment.dataset.tables import Codes, kind_tables
from auto_deployment.dataset.watch_union import WatchUnion

TARGET_SCALE = (1.0, 5.0)


class Read(NamedTuple):
    """What the segments say, and how many repetitions of it were absorbed."""

    frame: pd.DataFrame
    absorbed: int


def read_ratings(segments: Path) -> Read:
    """Read every rating once: user_id int64, movie_id category, rating float32, time datetime64[us, UTC].

    Ratings are mapped linearly from each segment's scale to 1-5. The same user, movie, rating and time count
    once. Sorted by time, user, movie and rating, so the division into segments does not show. Raises
    `SegmentError`.
    """
    union = RatingUnion()
    for table, meta in kind_tables(segments, "rating", ("user_id", "movie_id", "rating", "time")):
        union.add(table, meta.rating_scale)
    return union.read()


class RatingUnion:
    """Ratings of many tables as one, each once."""

    def __init__(self) -> None:
        self._movies = Codes()
        self._parts: list[tuple[Int64Array, Int32Array, Float32Array, Int64Array]] = [
            (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))
        ]

    def add(self, table: pa.Table, scale: tuple[float, float]) -> None:
        """Add rows of one segment, whose ratings are on this scale."""
        rating = to_target_scale(table["rating"].to_numpy(), scale)
        movie = self._movies.of(table["movie_id"])
        self._parts.append((int64s(table["user_id"]), movie, rating, int64s(table["time"])))

    def read(self) -> Read:
        """Return what was added, as `read_ratings` does, once: what it was made of is let go."""
        user_id, movie, rating, time_us = (
            np.concatenate(column) for column in zip(*self._parts, strict=True)
        )
        self._parts.clear()
        movie, categories = self._movies.in_order(movie)
        order = np.lexsort((rating, movie, user_id, time_us))
        user_id, movie, rating, time_us = user_id[order], movie[order], rating[order], time_us[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = np.logical_or.reduce(
            [column[1:] != column[:-1] for column in (user_id, movie, rating, time_us)]
        )
        frame = pd.DataFrame(
            {
                "user_id": user_id[new],
                "movie_id": pd.Categorical.from_codes(movie[new], pd.Index(categories, dtype="str")),
                "rating": rating[new],
                "time": _times(time_us[new]),
            }
        )
        return Read(frame, len(order) - len(frame))


def read_watches(segments: Path) -> Read:
    """Read who watched what: user_id int64, movie_id category, first_time, last_time, minutes_watched int32.

    A row for each (user, movie), sorted by both; `minutes_watched` is the size of the union of its minutes in
    all segments, `absorbed` the minutes that more than one segment has. Raises `SegmentError`.
    """
    movies, union = Codes(), WatchUnion()
    for table, _ in kind_tables(segments, "watch", ("user_id", "movie_id", "time", "last_time", "minutes")):
        union.add(
            pack_pair(int64s(table["user_id"]), movies.of(table["movie_id"])),
            int64s(table["time"]),
            int64s(table["last_time"]),
            pc.list_value_length(table["minutes"]).to_numpy(),
            pc.list_flatten(table["minutes"]).to_numpy(),
        )
    rows = union.rows()
    user_id, movie = unpack_pair(rows.pair)
    movie, categories = movies.in_order(movie)
    order = np.lexsort((movie, user_id))
    frame = pd.DataFrame(
        {
            "user_id": user_id[order],
            "movie_id": pd.Categorical.from_codes(movie[order], pd.Index(categories, dtype="str")),
            "first_time": _times(rows.first_us[order]),
            "last_time": _times(rows.last_us[order]),
            "minutes_watched": rows.minutes[order],
        }
    )
    return Read(frame, union.absorbed)


def to_target_scale(rating: Float32Array, scale: tuple[float, float]) -> Float32Array:
    """Map ratings linearly so that the ends of their scale become 1 and 5."""
    low, high = TARGET_SCALE
    if scale == TARGET_SCALE:
        return rating
    exact = low + (rating.astype(np.float64) - scale[0]) * (high - low) / (scale[1] - scale[0])
    return exact.astype(np.float32)


def _times(time_us: Int64Array) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(time_us.view("datetime64[us]")).tz_localize("UTC")
