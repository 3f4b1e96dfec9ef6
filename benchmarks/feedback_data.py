"""Lists and watches in numbers, as the store has them and as SQLite takes them."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.columns import lists, record_batch, times
from auto_deployment.dataset.events import PARSER_VERSION
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import Segment, publish_segment, read_segment, stage_segment
from auto_deployment.feedback.codes import codes_of
from auto_deployment.feedback.files import TIME, microseconds
from auto_deployment.feedback.sources import Span
from auto_deployment.feedback.store import ParquetStore
from auto_deployment.feedback.tables import HOUR, IMPRESSIONS

DAY = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 48  # lists of the day and of the one before it
TITLES, LENGTH = 10_000, 20
LISTS_A_USER = 10
HOUR_US = 3_600_000_000
DATABASE = "lists.sqlite"


Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: lists in the store, watches in a segment, both of a day."""

    store: ParquetStore
    segment: Segment
    day: Span


def make(folder: Path, impressions: int, watches: int) -> None:
    """Make as many of both as asked for; half of the watches are of a title that their user was shown."""
    rng = np.random.default_rng(1)
    users = max(impressions // LISTS_A_USER, 1)
    names = np.array([f"title+{number:05d}+2000" for number in range(TITLES)])
    store = ParquetStore(folder / "feedback")
    begin_us = microseconds(DAY - timedelta(days=1))
    columns: dict[str, list[Array]] = {"user": [], "movie": [], "time": []}
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute(
            "CREATE TABLE impressions (id INTEGER PRIMARY KEY, user_id INT, time INT, movies TEXT)"
        )
        connection.execute("CREATE TABLE watches (user_id INT, movie_id TEXT, time INT)")
        for hour, count in enumerate(np.bincount(np.arange(impressions) % HOURS, minlength=HOURS).tolist()):
            time_us = np.sort(rng.integers(0, HOUR_US, count)) + begin_us + hour * HOUR_US
            user, movies = rng.integers(1, users + 1, count), rng.integers(0, TITLES, (count, LENGTH))
            first = hour * (impressions // HOURS + 1)
            _store_hour(store, hour, first, user, time_us, names, movies)
            rows = _rows(first, user, time_us, names, movies)
            connection.executemany("INSERT INTO impressions VALUES (?, ?, ?, ?)", rows)
            chosen = rng.integers(0, count, watches // HOURS + 1)
            columns["user"].append(user[chosen])
            columns["movie"].append(movies[chosen, rng.integers(0, LENGTH, len(chosen))])
            columns["time"].append(time_us[chosen] + rng.integers(0, 12 * HOUR_US, len(chosen)))
        user, movie, time_us = (np.concatenate(columns[name])[:watches] for name in ("user", "movie", "time"))
        user, movie, time_us = _within_the_day(rng, user, movie, time_us)
        watched = zip(user.tolist(), names[movie].tolist(), time_us.tolist(), strict=True)
        connection.executemany("INSERT INTO watches VALUES (?, ?, ?)", watched)
    _write_segment(folder, user, movie, time_us, names)


def make_lists(store: ParquetStore, impressions: int) -> None:
    """Make lists only."""
    rng = np.random.default_rng(1)
    names = np.array([f"title+{number:05d}+2000" for number in range(TITLES)])
    begin_us, users = microseconds(DAY - timedelta(days=1)), max(impressions // LISTS_A_USER, 1)
    for hour, count in enumerate(np.bincount(np.arange(impressions) % HOURS, minlength=HOURS).tolist()):
        time_us = np.sort(rng.integers(0, HOUR_US, count)) + begin_us + hour * HOUR_US
        user, movies = rng.integers(1, users + 1, count), rng.integers(0, TITLES, (count, LENGTH))
        _store_hour(store, hour, hour * (impressions // HOURS + 1), user, time_us, names, movies)


def opened(folder: Path) -> Made:
    """Return what `make` has left in a folder."""
    [path] = (folder / "segments").glob("*.parquet")
    span = Span(microseconds(DAY), microseconds(DAY + timedelta(days=1)))
    return Made(ParquetStore(folder / "feedback"), read_segment(path), span)


def _within_the_day(
    rng: np.random.Generator, user: Array, movie: Array, time_us: Array
) -> tuple[Array, Array, Array]:
    """Let all watches begin in the day, half of them of any title, and each title of a user once."""
    begin_us = microseconds(DAY)
    time_us = begin_us + (time_us - begin_us) % (24 * HOUR_US)
    other = rng.random(len(movie)) < 0.5
    movie = np.where(other, rng.integers(0, TITLES, len(movie)), movie)
    _, kept = np.unique(user * TITLES + movie, return_index=True)
    return user[kept], movie[kept], time_us[kept]


def _store_hour(
    store: ParquetStore, hour: int, first: int, user: Array, time_us: Array, names: Array,
    movies: Array,
) -> None:  # fmt: skip
    count = len(user)
    ends = np.arange(count + 1, dtype=np.int64) * LENGTH
    values = pa.DictionaryArray.from_arrays(
        pa.array(movies.ravel().astype(np.int32)), pa.array(names.tolist())
    )
    given = {
        "request_id": pa.array([f"{first + number:032x}" for number in range(count)]),
        "time": pa.array(time_us).cast(TIME),
        "user_id": pa.array(user.astype(np.int64)),
        "movies": lists(ends, values.cast(pa.string())),
        "codes": lists(ends, pa.array(codes_of(names.tolist())[movies.ravel()])),
    }
    arrays = [given.get(field.name, pa.nulls(count, field.type)) for field in IMPRESSIONS.schema]
    table = pa.table(arrays, schema=IMPRESSIONS.schema)
    store.replace(IMPRESSIONS, DAY - timedelta(days=1) + hour * HOUR, table, {"made_of": "", "counts": {}})


def _rows(
    first: int, user: Array, time_us: Array, names: Array, movies: Array
) -> Iterator[tuple[int, int, int, str]]:
    texts = names[movies]
    for row, (one, time) in enumerate(zip(user.tolist(), time_us.tolist(), strict=True)):
        yield first + row, one, time, "," + ",".join(texts[row].tolist()) + ","


def _write_segment(folder: Path, user: Array, movie: Array, time_us: Array, names: Array) -> None:
    count = len(user)
    minutes = np.stack([np.zeros(count, np.int32), np.full(count, 29, np.int32)], axis=1).ravel()
    coded = pa.DictionaryArray.from_arrays(pa.array(movie.astype(np.int32)), pa.array(names.tolist()))
    columns = {
        "user_id": pa.array(user.astype(np.int64)),
        "movie_id": coded,
        "time": times(time_us),
        "last_time": times(time_us + 29 * 60_000_000),
        "minutes": lists(2 * np.arange(count + 1, dtype=np.int64), pa.array(minutes)),
    }
    first, last = (datetime.fromtimestamp(int(one) / 1e6, UTC) for one in (time_us.min(), time_us.max()))
    counts = {"watch": count, "rating": 0, "recommendation": 0, "account": 0, "rejected": 0, "duplicate": 0}
    source = {"kind": "file", "sha256": "0", "part": 0, "parts": 1}
    meta = SegmentMeta(source, (1.0, 5.0), PARSER_VERSION, counts, {}, first, last)
    batch = record_batch("watch", columns)
    publish_segment(stage_segment(folder / "segments", "file-0", [batch], lambda: meta))
