"""Many corrections become one, so that reading them costs little however many there were.

Those that follow each other say together what they say one after the other: an event that one adds and a
later one removes is left out, all other rows stay, and the number is that of the last. Whoever reads the old
ones beside the new one reads the same. Wishes to be forgotten are known by the number and name of their
segment, published corrections by their name: both stay as they are.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.compaction import remove_those_replaced, summed
from auto_deployment.dataset.corrections.applied import Corrections, read_corrections
from auto_deployment.dataset.corrections.keys import KEPT, keys_of, with_keys
from auto_deployment.dataset.corrections.names import is_correction, number_of
from auto_deployment.dataset.locks import removing
from auto_deployment.dataset.published import read_published
from auto_deployment.dataset.schema import (
    FORGOTTEN,
    REMOVED,
    SCHEMA,
    SegmentMeta,
    open_segment,
    read_segment_table,
)
from auto_deployment.dataset.segments import (
    JOINED,
    SUFFIX,
    Segment,
    read_segment,
    replaced_by,
    segment_paths,
    stage_segment,
)
from auto_deployment.dataset.tables import groups_of, is_kind
from auto_deployment.paths import Paths

MANY = 32  # corrections that wait to be joined; reading each takes some 2 ms

log = logging.getLogger(__name__)


def join_corrections(paths: Paths, now: datetime, at_least: int = MANY) -> int:
    """Join corrections where there are so many; return how many became fewer.

    Call with `compaction_lock` held. Readers wait for it; where some are at it, it is left for another time.
    """
    if len(_waiting(paths)) < at_least:
        return 0
    with removing(paths.segments) as alone:
        if not alone:
            return 0
        # First: what is replaced now may replace others, which must not come back.
        remove_those_replaced(paths.segments)
        waiting, published = frozenset(_waiting(paths)), read_published(paths)
        segments = map(read_segment, filter(is_correction, segment_paths(paths.segments)))
        runs = [run for run in find_runs(segments, waiting) if len(run) >= max(at_least, 2)]
        for run in runs:
            _join(paths, run, published, now)
    return sum(map(len, runs))


def find_runs(segments: Iterable[Segment], waiting: AbstractSet[str]) -> list[list[Segment]]:
    """Return the corrections that may become one each, in order of their numbers."""
    runs: list[list[Segment]] = [[]]
    for segment in sorted(segments, key=lambda one: number_of(one.meta)):
        if _holds_wish(segment.path):  # adds and removes nothing, so that others may be joined across it
            continue
        if segment.path.stem not in waiting:
            runs.append([])
        elif runs[-1] and _form(runs[-1][-1].meta) != _form(segment.meta):
            runs.append([segment])
        else:
            runs[-1].append(segment)
    return runs


def _waiting(paths: Paths) -> list[str]:
    published = read_published(paths)
    names = (path.stem for path in paths.segments.glob(f"*{SUFFIX}") if is_correction(path))
    return [name for name in names if name not in published]


def _form(meta: SegmentMeta) -> tuple[object, ...]:
    return meta.rating_scale, meta.parser_version


def _holds_wish(path: Path) -> bool:
    file, _ = open_segment(path)
    with file:
        return bool(groups_of(file, FORGOTTEN))


def _join(paths: Paths, run: Sequence[Segment], published: AbstractSet[str], now: datetime) -> None:
    names = [one.path.stem for one in run]
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]
    name = f"{names[-1].partition(JOINED)[0]}{JOINED}{digest}"
    # Of what is gone only a clone may still have something.
    before = [name for one in run for name in replaced_by(one) if name in published]
    meta = _joined_meta(run, [*before, *names], now)
    with stage_segment(paths.segments, name, _batches(run), lambda: meta) as staged:
        staged.publish()
    for one in run:
        one.path.unlink()
    log.info("Joined %d corrections into %s", len(run), name)


def _joined_meta(run: Sequence[Segment], replaces: Sequence[str], now: datetime) -> SegmentMeta:
    metas = [one.meta for one in run]
    keys = [key for meta in metas for key in keys_of(meta.source) if now - key.written_at < KEPT]
    return replace(
        metas[-1],
        source=with_keys({**metas[-1].source, "replaces": list(replaces)}, keys),
        counts=summed(meta.counts for meta in metas),
        rejected_by_reason=summed(meta.rejected_by_reason for meta in metas),
        first_time=min((meta.first_time for meta in metas if meta.first_time), default=None),
        last_time=max((meta.last_time for meta in metas if meta.last_time), default=None),
    )


def _batches(run: Sequence[Segment]) -> Iterator[pa.RecordBatch]:
    corrections = read_corrections(one.path for one in run)
    tables = [(_read(one.path), one.meta) for one in run]
    for kind in (*REMOVED, *REMOVED.values()):
        parts = [_left(table, kind, corrections, meta) for table, meta in tables]
        if rows := _in_order(pa.concat_tables(parts), once=kind in REMOVED.values()):
            yield from rows.unify_dictionaries().combine_chunks().to_batches()


def _read(path: Path) -> pa.Table:
    table, _ = read_segment_table(path)
    return table.cast(SCHEMA)


def _left(table: pa.Table, kind: str, corrections: Corrections, meta: SegmentMeta) -> pa.Table:
    return corrections.left(table.filter(is_kind(table, kind)), kind, meta)


def _in_order(rows: pa.Table, *, once: bool) -> pa.Table:
    """Sort by user and time; of removals that name the same one says it all."""
    by = ["user_id", "time", "last_time"]
    if once:
        named = rows.select(by).append_column("movie_id", rows["movie_id"].cast(pa.string()))
        named = named.append_column("row", pa.array(np.arange(len(rows))))
        rows = rows.take(named.group_by([*by, "movie_id"]).aggregate([("row", "min")])["row_min"])
    return rows.sort_by([(name, "ascending") for name in by])
