"""All ratings of a range of time as CSV text, each once, in order of time; in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.arrays import (
    BoolArray,
    Float64Array,
    IndexArray,
    Int32Array,
    Int64Array,
    int64s,
)
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.corrections.applied import Corrections, read_corrections
from auto_deployment.dataset.csv_text import csv_lines
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import open_segment
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.dataset.tables import Codes, groups_of, is_kind

HEADER = "time,user_id,movie_id,rating\n"
_ROWS_AT_ONCE = 500_000  # 28 bytes each, and twice as much again while they are sorted
_ROWS_OF_TEXT = 100_000
_SAMPLE_EVERY = 100
_MOST_USERS = 2**62


@dataclass(frozen=True, slots=True)
class Range:
    """Microseconds since 1970: from `begin_us` on, before `end_us`."""

    begin_us: int
    end_us: int


class _Place(NamedTuple):
    """Where a row stands in the order of lines, apart from what one user rates at one moment."""

    time_us: int
    user_id: int


class _Files(NamedTuple):
    """The segments that are read, and what the corrections among them take away."""

    paths: Sequence[Path]
    corrections: Corrections


class _Rows(NamedTuple):
    """Columns of ratings; movies as numbers."""

    time_us: Int64Array
    user_id: Int64Array
    movie: Int32Array
    rating: Float64Array

    def at(self, rows: slice | IndexArray | BoolArray) -> "_Rows":
        return _Rows(self.time_us[rows], self.user_id[rows], self.movie[rows], self.rating[rows])


def export_ratings(segments: Path, wanted: Range, scale: tuple[float, float]) -> Iterator[str]:
    """Yield CSV text, a header first; raise `SegmentError`.

    The same user, movie, rating and time count once. Ratings of segments with another scale are mapped
    linearly to this one. New segments may come while this reads; those that are there stay. Segments are read
    once for each window of some 500,000 ratings, by which memory stays bounded.
    """
    yield HEADER
    with reading(segments):
        paths = segment_paths(segments)
        files, movies = _Files(paths, read_corrections(paths)), Codes()
        for first, after in pairwise(_limits(files, wanted)):
            rows = _window(files, first, after, scale, movies)
            movie, ids = movies.in_order(rows.movie)
            ordered, texts = _each_once(rows._replace(movie=movie)), pa.array(ids, pa.string())
            del rows
            for begin in range(0, len(ordered.movie), _ROWS_OF_TEXT):
                yield csv_lines(*ordered.at(slice(begin, begin + _ROWS_OF_TEXT)), texts)


def _limits(files: _Files, wanted: Range) -> list[_Place]:
    """Return places that divide what is wanted into windows of about as many ratings, by a sample."""
    first, last = _Place(wanted.begin_us, -_MOST_USERS), _Place(wanted.end_us, -_MOST_USERS)
    times, users = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for table, _ in _tables(files, first, last, ["user_id"]):
        time_us, user_id = int64s(table["time"])[::_SAMPLE_EVERY], int64s(table["user_id"])[::_SAMPLE_EVERY]
        inside = _between(time_us, user_id, first, last)
        times.append(time_us[inside])
        users.append(user_id[inside])
    time_us, user_id = np.concatenate(times), np.concatenate(users)
    step = _ROWS_AT_ONCE // _SAMPLE_EVERY
    rows = np.lexsort((user_id, time_us))[step::step]
    inner = {_Place(int(time_us[row]), int(user_id[row])) for row in rows}
    return sorted({first, last, *inner})


def _window(files: _Files, first: _Place, after: _Place, scale: tuple[float, float], movies: Codes) -> _Rows:
    parts = [_Rows(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))]
    for table, has in _tables(files, first, after, ["user_id", "movie_id", "rating"]):
        inside = _between(int64s(table["time"]), int64s(table["user_id"]), first, after)
        if inside.any():
            found = table.filter(pa.array(inside))
            parts.append(
                _Rows(
                    int64s(found["time"]),
                    int64s(found["user_id"]),
                    movies.of(found["movie_id"]),
                    _to_scale(found["rating"].to_numpy().astype(np.float64), has, scale),
                )
            )
    return _Rows(
        np.concatenate([part.time_us for part in parts]),
        np.concatenate([part.user_id for part in parts]),
        np.concatenate([part.movie for part in parts]),
        np.concatenate([part.rating for part in parts]),
    )


def _tables(
    files: _Files, first: _Place, after: _Place, columns: list[str]
) -> Iterator[tuple[pa.Table, tuple[float, float]]]:
    """Yield the ratings of each row group that may have some between two places, and their scale."""
    needed = files.corrections.columns(["time", *columns])
    for path in files.paths:
        file, meta = open_segment(path)
        with file:
            for group in groups_of(file, "rating"):
                if _overlaps(file, group, first.time_us, after.time_us):
                    table = file.read_row_group(group, columns=needed, use_threads=False)
                    ratings = table.filter(is_kind(table, "rating"))
                    yield files.corrections.left(ratings, "rating", meta), meta.rating_scale


def _between(time_us: Int64Array, user_id: Int64Array, first: _Place, after: _Place) -> BoolArray:
    begun = (time_us > first.time_us) | ((time_us == first.time_us) & (user_id >= first.user_id))
    over = (time_us > after.time_us) | ((time_us == after.time_us) & (user_id >= after.user_id))
    inside: BoolArray = begun & ~over
    return inside


def _overlaps(file: pq.ParquetFile, group: int, first_us: int, last_us: int) -> bool:
    column = file.schema_arrow.get_field_index("time")
    statistics = file.metadata.row_group(group).column(column).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return _us(statistics.min) <= last_us and _us(statistics.max) >= first_us


def _us(time: datetime) -> int:
    return microseconds(time.replace(tzinfo=UTC))


def _to_scale(rating: Float64Array, has: tuple[float, float], wanted: tuple[float, float]) -> Float64Array:
    if has != wanted:
        rating = wanted[0] + (rating - has[0]) * (wanted[1] - wanted[0]) / (has[1] - has[0])
    return rating.round(5)  # to what a float32 can carry: 3.7 comes back as 3.7


def _each_once(rows: _Rows) -> _Rows:
    """Return the rows in order of time, user, movie and rating, without repetitions."""
    order = np.lexsort((rows.rating, rows.movie, rows.user_id, rows.time_us))
    ordered = rows.at(order)
    new = np.ones(len(order), np.bool_)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in ordered])
    return ordered if new.all() else ordered.at(new)
