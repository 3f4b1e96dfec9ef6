"""Rejected lines tried again, with the parser and the catalogue of today; what is taken becomes a segment.

The segment says which rows of which file it took, and of which state of that file. Whoever dies before the
rows are gone from the file finds the segment next time, and only takes them out.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.catalog import known_movies
from auto_deployment.dataset.events import Event, Reason, parse
from auto_deployment.dataset.quarantine import METADATA_KEY, STREAM_FORM, read_facts
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.segments import list_segments, read_segment, segment_path, stage_segment
from auto_deployment.host.files import StagedFile
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.sort_lines import sort_one
from auto_deployment.ingest.stored_scales import StoredScales
from auto_deployment.paths import Paths

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many lines were tried, and how many of them are events now."""

    lines: int = 0
    recovered: int = 0


class _Recovered:
    """Takes what is an event now, and notes which rows those were."""

    def __init__(self) -> None:
        self.builder = SegmentBuilder()
        self.rows: list[int] = []
        self.row = 0
        self.unknown_movie_lines = 0

    def add_usual(self, event: Event, partition: int, offset: int) -> None:
        self.add(event, partition, offset)

    def add(self, event: Event, partition: int, offset: int, repaired: bool = False) -> None:
        self.builder.add(event, partition, offset)
        self.rows.append(self.row)
        if repaired:
            self.builder.count_repaired()

    def reject(self, raw: bytes, reason: Reason, partition: int, offset: int) -> None:
        """Leave the line where it is."""


def replay(paths: Paths, rating_scale: tuple[float, float]) -> Replayed:
    """Try every rejected line of the stream again. Nobody else may write to the data directory meanwhile.

    Raises `BadInputError`, before anything is written, where ratings of a source are stored on another scale.
    """
    movies = MovieIds(known_movies(paths.catalog))
    stored = StoredScales(list_segments(paths.segments))
    files = [(path, read_facts(path)) for path in quarantine_paths(paths.quarantine)]
    files = [(path, facts) for path, facts in files if facts["form"] == STREAM_FORM]
    for path, facts in files:
        stored.refuse_other(facts.get("source"), path.stem, rating_scale)
    lines = recovered = 0
    for path, facts in files:
        lines += pq.read_metadata(path).num_rows
        recovered += _replay_file(paths, path, facts, movies, rating_scale)
    return Replayed(lines, recovered)


def _replay_file(
    paths: Paths, path: Path, facts: dict[str, Any], movies: MovieIds, rating_scale: tuple[float, float]
) -> int:
    name = f"replay-{path.stem}-{facts.get('replayed', 0):02d}"
    if not segment_path(paths.segments, name).exists():
        recovered = _try(path, movies, rating_scale)
        if not recovered.rows:
            return 0
        source = {"kind": "replay", "quarantine": path.stem, "rows": _as_ranges(recovered.rows)}
        builder = recovered.builder
        with stage_segment(
            paths.segments, name, builder.record_batches(), lambda: builder.meta(source, rating_scale)
        ) as staged:
            staged.publish()
    ranges = read_segment(segment_path(paths.segments, name)).meta.source["rows"]
    rows = [row for first, last in ranges for row in range(first, last + 1)]
    _take_out(path, rows, facts | {"replayed": facts.get("replayed", 0) + 1})
    return len(rows)


def _try(path: Path, movies: MovieIds, rating_scale: tuple[float, float]) -> _Recovered:
    recovered = _Recovered()
    for batch in _batches(path, ["raw", "partition", "offset"]):
        for row in batch.to_pylist():
            place = [-1 if row[name] is None else row[name] for name in ("partition", "offset")]
            sort_one(
                parse(row["raw"], rating_scale=rating_scale),
                row["raw"],
                place[0],
                place[1],
                recovered,
                movies,
            )
            recovered.row += 1
    return recovered


def _take_out(path: Path, rows: Sequence[int], facts: dict[str, Any]) -> None:
    """Write a file again without some rows; its age, by which the oldest goes first, stays."""
    found = path.stat()
    if len(rows) == pq.read_metadata(path).num_rows:
        path.unlink()
        return
    with StagedFile(path) as staged:
        schema = pq.read_schema(path).with_metadata({METADATA_KEY: json.dumps(facts).encode()})
        with pq.ParquetWriter(staged.file, schema, compression="zstd") as writer:
            begin = 0
            for batch in _batches(path, schema.names):
                stays = ~np.isin(np.arange(begin, begin + batch.num_rows), rows)
                writer.write_batch(batch.filter(pa.array(stays)))
                begin += batch.num_rows
        staged.seal()
        os.utime(staged.file.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
        staged.publish()


def _batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(_ROWS_AT_ONCE, columns=list(columns))


def _as_ranges(rows: Sequence[int]) -> list[list[int]]:
    breaks = [i for i, (one, other) in enumerate(pairwise(rows), 1) if other != one + 1]
    return [[rows[begin], rows[end - 1]] for begin, end in pairwise([0, *breaks, len(rows)])]
