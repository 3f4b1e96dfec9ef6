"""Rejected lines and rows tried again, with what is known today; what is taken becomes a segment.

The segment says which rows of which file it took, and of which state of that file. Whoever dies before the
rows are gone from the file finds the segment next time, and only takes them out.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from auto_deployment.dataset.catalog import known_movies
from auto_deployment.dataset.quarantine import STREAM_FORM, TABLE, read_facts
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.segments import list_segments, read_segment, segment_path, stage_segment
from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.replace import find_source
from auto_deployment.ingest.importing.stored import StoredSource, by_name, imported_name
from auto_deployment.ingest.importing.tables.form import TableForm
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.quarantine.files import as_ranges, take_out
from auto_deployment.ingest.quarantine.tried_lines import Recovered, try_lines
from auto_deployment.ingest.quarantine.tried_rows import try_rows, with_columns
from auto_deployment.ingest.rating_scale import Scale, scale_text
from auto_deployment.ingest.stored_scales import StoredScales
from auto_deployment.paths import Paths


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """What a person said of the rows of one imported table: its `source`, and how they are read now."""

    source: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    scale: Scale | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many lines and rows were tried, how many of them are taken now, and which could not be tried.

    `untried` counts rows by the reason.
    """

    lines: int = 0
    recovered: int = 0
    untried: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _File:
    """A quarantine file, and how its rows are tried."""

    path: Path
    facts: Mapping[str, Any]
    scale: Scale
    attempt: Callable[[], Recovered]


def replay(paths: Paths, rating_scale: Scale, asked: AskedAgain | None = None) -> Replayed:
    """Try every rejected line and row again, or those of one table. Nobody else may write meanwhile.

    Raises `BadInputError`, before anything is written, where ratings of a source are stored on another scale.
    """
    segments = list_segments(paths.segments)
    sources = {one.name: one for one in by_name(segments)}
    found = quarantine_paths(paths.quarantine)
    if asked and asked.source:
        source = find_source(asked.source, list(sources.values()))
        _check_asked(source, asked)
        found = [path for path in found if imported_name(path.stem) == source.name]
    lines, rows, untried = _sorted(found, sources)
    files = [
        *_files_of_lines(lines, paths, StoredScales(segments), rating_scale),
        *(_file_of_rows(path, paths, sources, asked or AskedAgain()) for path in rows),
    ]
    tried = sum(pq.read_metadata(one.path).num_rows for one in files)
    return Replayed(tried, sum(_replay_file(paths, one) for one in files), dict(untried))


def _sorted(
    found: Sequence[Path], sources: Mapping[str, StoredSource]
) -> tuple[list[Path], list[Path], Counter[str]]:
    """Return the files of lines, those of rows that can be read again, and how many rows cannot, and why."""
    lines, rows, untried = [], [], Counter[str]()
    for path in found:
        facts, source = read_facts(path), sources.get(imported_name(path.stem) or "")
        if facts["form"] == STREAM_FORM:
            lines.append(path)
        elif why := _why_not(path, facts, source):
            untried[why] += pq.read_metadata(path).num_rows
        else:
            rows.append(path)
    return lines, rows, untried


def _why_not(path: Path, facts: Mapping[str, Any], source: StoredSource | None) -> str:
    if path.stem.endswith("-catalog"):
        return "of tables of movies and users: import the corrected table again"
    if source is None or not source.is_whole:
        return "of an import that did not end: import it again"
    if TABLE not in facts:
        return "that an earlier version rejected: store their file anew with `import --replace`"
    return ""


def _check_asked(source: StoredSource, asked: AskedAgain) -> None:
    if source.kind != "import":
        raise BadInputError(
            f"{source.name} holds event lines, which are read with RATING_SCALE: leave --source out."
        )
    stored = source.scales[0]
    if asked.scale is not None and asked.scale != stored:
        raise BadInputError(
            f"{source.name} holds ratings on {scale_text(stored)}: one source cannot hold two scales, so "
            f"nothing was taken. If {scale_text(stored)} is right, leave --scale out; if it is wrong, begin "
            f"again: `import --replace {source.name} --scale {scale_text(asked.scale)} FILE`."
        )


def _files_of_lines(
    found: Sequence[Path], paths: Paths, stored: StoredScales, scale: Scale
) -> Sequence[_File]:
    files = [(path, read_facts(path)) for path in found]
    for path, facts in files:
        stored.refuse_other(facts.get("source"), path.stem, scale)
    movies = MovieIds(known_movies(paths.catalog))
    return [_File(path, facts, scale, partial(try_lines, path, movies, scale)) for path, facts in files]


def _file_of_rows(path: Path, paths: Paths, sources: Mapping[str, StoredSource], asked: AskedAgain) -> _File:
    facts, scale = read_facts(path), sources[imported_name(path.stem) or ""].scales[0]
    form = with_columns(TableForm.from_facts(facts[TABLE]), asked.columns, path)
    return _File(path, facts, scale, partial(try_rows, path, form, paths.catalog, scale))


def _replay_file(paths: Paths, file: _File) -> int:
    times = file.facts.get("replayed", 0)
    name = f"replay-{file.path.stem}-{times:02d}"
    if not segment_path(paths.segments, name).exists():
        recovered = file.attempt()
        if not recovered.rows:
            return 0
        source = {"kind": "replay", "quarantine": file.path.stem, "rows": as_ranges(recovered.rows)}
        builder = recovered.builder
        with stage_segment(
            paths.segments, name, builder.record_batches(), lambda: builder.meta(source, file.scale)
        ) as staged:
            staged.publish()
    ranges = read_segment(segment_path(paths.segments, name)).meta.source["rows"]
    rows = [row for first, last in ranges for row in range(first, last + 1)]
    take_out(file.path, rows, {**file.facts, "replayed": times + 1})
    return len(rows)
