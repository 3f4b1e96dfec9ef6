"""The ratings and watches of one user as readers see them: each once, corrections applied."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import Int32Array, Int64Array, int64s
from auto_deployment.dataset.builder import from_microseconds
from auto_deployment.dataset.minutes import union
from auto_deployment.dataset.tables import kind_tables

Scale = tuple[float, float]


@dataclass(frozen=True, slots=True)
class UserEvent:
    """One rating, or all that a user watched of one movie; `minutes` are inclusive ranges."""

    kind: str  # watch or rating
    user_id: int
    movie_id: str
    time: datetime
    last_time: datetime
    rating: float | None = None
    minutes: tuple[tuple[int, int], ...] = ()


def events_of(segments: Path, user_id: int, scale: Scale) -> list[UserEvent]:
    """Return a user's events in order of time, ratings on a scale; raise `SegmentError`."""
    events = [*_ratings(segments, user_id, scale), *_watches(segments, user_id)]
    return sorted(events, key=lambda one: (one.time, one.movie_id, one.kind, one.rating or 0))


def _ratings(segments: Path, user_id: int, scale: Scale) -> set[UserEvent]:
    found: set[UserEvent] = set()
    for table, meta in kind_tables(segments, "rating", ("user_id", "movie_id", "rating", "time")):
        rows = _of_user(table, user_id)
        low, high = meta.rating_scale
        factor = (scale[1] - scale[0]) / (high - low)
        values = zip(
            rows["movie_id"].cast(pa.string()).to_pylist(),
            int64s(rows["time"]).tolist(),
            rows["rating"].to_pylist(),
            strict=True,
        )
        for movie_id, time_us, rating in values:
            time, on_scale = from_microseconds(time_us), round(scale[0] + (rating - low) * factor, 5)
            found.add(UserEvent("rating", user_id, movie_id, time, time, on_scale))
    return found


def _watches(segments: Path, user_id: int) -> list[UserEvent]:
    spans: dict[str, tuple[int, int]] = {}
    minutes: dict[str, list[int]] = {}
    for table, _ in kind_tables(segments, "watch", ("user_id", "movie_id", "time", "last_time", "minutes")):
        rows = _of_user(table, user_id)
        values = zip(
            rows["movie_id"].cast(pa.string()).to_pylist(),
            int64s(rows["time"]).tolist(),
            int64s(rows["last_time"]).tolist(),
            rows["minutes"].to_pylist(),
            strict=True,
        )
        for movie_id, first, last, flat in values:
            known = spans.get(movie_id, (first, last))
            spans[movie_id] = min(first, known[0]), max(last, known[1])
            minutes.setdefault(movie_id, []).extend(flat)
    return [
        UserEvent(
            "watch", user_id, movie_id, from_microseconds(first), from_microseconds(last),
            minutes=_united(minutes[movie_id]),
        )
        for movie_id, (first, last) in spans.items()
    ]  # fmt: skip


def _of_user(table: pa.Table, user_id: int) -> pa.Table:
    return table.filter(pc.equal(table["user_id"], user_id))


def _united(flat: list[int]) -> tuple[tuple[int, int], ...]:
    first: Int32Array = np.array(flat[0::2], np.int32)
    last: Int32Array = np.array(flat[1::2], np.int32)
    owner: Int64Array = np.zeros(len(first), np.int64)
    ranges = union(owner, first, last)
    return tuple(zip(ranges.first.tolist(), ranges.last.tolist(), strict=True))
