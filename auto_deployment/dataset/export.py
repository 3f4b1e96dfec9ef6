"""All ratings of a range of time as CSV lines, each once, in order of time; in bounded memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auto_deployment.dataset.arrays import int64s
from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import open_segment
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.dataset.tables import groups_of, is_kind

HEADER = "time,user_id,movie_id,rating\n"
_DAY_US = 86_400_000_000
_ROWS_AT_ONCE = 1_000_000
_COLUMNS = ["user_id", "movie_id", "rating", "time"]


@dataclass(frozen=True, slots=True)
class Range:
    """Microseconds since 1970: from `begin_us` on, before `end_us`."""

    begin_us: int
    end_us: int


def export_ratings(segments: Path, wanted: Range, scale: tuple[float, float]) -> Iterator[str]:
    """Yield CSV text, a header first; raise `SegmentError`.

    The same user, movie, rating and time count once, which a window of whole days can tell, for repetitions
    have the same time. Ratings of segments with another scale are mapped linearly to this one. New segments
    may come while this reads; those that are there stay.
    """
    yield HEADER
    with reading(segments):
        paths = segment_paths(segments)
        for window in _windows(paths, wanted):
            parts = [part for path in paths for part in _tables(path, window, _COLUMNS, scale)]
            yield _as_csv(pa.concat_tables(parts))


def _windows(paths: list[Path], wanted: Range) -> Iterator[Range]:
    """Yield ranges of whole days, cut to what is wanted, with about a million ratings each."""
    days: Counter[int] = Counter()
    for path in paths:
        for table in _tables(path, wanted, ["time"], None):
            numbers, counts = np.unique(int64s(table["time"]) // _DAY_US, return_counts=True)
            days.update(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))
    begin: int | None = None
    rows = 0
    for day, count in sorted(days.items()):
        begin = day if begin is None else begin
        rows += count
        if rows >= _ROWS_AT_ONCE:
            yield _cut(begin, day, wanted)
            begin, rows = None, 0
    if begin is not None:
        yield _cut(begin, max(days), wanted)


def _cut(first_day: int, last_day: int, wanted: Range) -> Range:
    return Range(max(first_day * _DAY_US, wanted.begin_us), min((last_day + 1) * _DAY_US, wanted.end_us))


def _tables(
    path: Path, window: Range, columns: list[str], scale: tuple[float, float] | None
) -> Iterator[pa.Table]:
    file, meta = open_segment(path)
    with file:
        for group in groups_of(file, "rating"):
            if _overlaps(file, group, window):
                table = file.read_row_group(group, columns=list({"kind", "time", *columns}))
                time_us = table["time"].cast(pa.int64())
                inside = pc.and_(pc.greater_equal(time_us, window.begin_us), pc.less(time_us, window.end_us))
                table = table.filter(pc.and_(inside, is_kind(table, "rating"))).select(columns)
                yield _to_scale(table, meta.rating_scale, scale) if scale else table


def _overlaps(file: pq.ParquetFile, group: int, window: Range) -> bool:
    column = file.schema_arrow.get_field_index("time")
    statistics = file.metadata.row_group(group).column(column).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return _us(statistics.min) < window.end_us and _us(statistics.max) >= window.begin_us


def _us(time: datetime) -> int:
    return microseconds(time.replace(tzinfo=UTC))


def _to_scale(table: pa.Table, has: tuple[float, float], wanted: tuple[float, float]) -> pa.Table:
    movie_id = table["movie_id"].cast(pa.string())
    rating = table["rating"].to_numpy().astype(np.float64)
    if has != wanted:
        rating = wanted[0] + (rating - has[0]) * (wanted[1] - wanted[0]) / (has[1] - has[0])
    table = table.set_column(table.schema.get_field_index("movie_id"), "movie_id", movie_id)
    # Rounded to what a float32 can carry: 3.7 comes back as 3.7.
    return table.set_column(table.schema.get_field_index("rating"), "rating", pa.array(rating.round(5)))


def _as_csv(table: pa.Table) -> str:
    once = table.group_by(_COLUMNS).aggregate([]).select(_COLUMNS)
    ordered = once.sort_by([(name, "ascending") for name in ("time", "user_id", "movie_id", "rating")])
    times = pc.strftime(ordered["time"].cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%S").to_pylist()
    columns = [times, *(ordered[name].to_pylist() for name in ("user_id", "movie_id", "rating"))]
    rows = zip(*columns, strict=True)
    return "".join(
        f"{time.removesuffix('.000000')},{user_id},{movie_id},{rating:g}\n"
        for time, user_id, movie_id, rating in rows
    )
