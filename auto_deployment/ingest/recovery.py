"""What is done before a stream is read: undo what was half done, and see how far the segments reach."""

import logging
from collections.abc import Sequence
from typing import Any

from auto_deployment.dataset.compaction import remove_replaced
from auto_deployment.dataset.quarantine import read_facts
from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.segments import list_segments
from auto_deployment.host.files import remove_leftovers
from auto_deployment.ingest.positions import (
    Stored,
    by_source,
    find_holes,
    ranges_of,
    reached,
    same_source,
    source_key,
)
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)

STREAM_KINDS = ("kafka", "file")


def recover(paths: Paths) -> list[Stored]:
    """Clear what writers that died have left, and return what of which stream is stored.

    Nobody else may write at the same time. Raises `SegmentError` on a damaged segment and `OverlapError` when
    lines are there twice.
    """
    paths.segments.mkdir(parents=True, exist_ok=True)
    remove_leftovers(paths.segments)
    remove_leftovers(paths.quarantine)
    remove_replaced(paths.segments)
    stored = read_stored(paths)
    for parts in by_source(stored):
        _warn_of_holes(parts)
    _remove_orphans(paths, stored)
    return stored


def read_stored(paths: Paths) -> list[Stored]:
    """Return what of which stream is stored, touching nothing; raise `SegmentError`."""
    return [
        Stored(segment.path.stem, segment.meta.source, ranges_of(segment.meta.source))
        for segment in list_segments(paths.segments)
        if segment.meta.source["kind"] in STREAM_KINDS and "offsets" in segment.meta.source
    ]


def _warn_of_holes(parts: list[Stored]) -> None:
    for hole in find_holes(parts):
        log.error(
            "No segment holds offsets %d to %d of partition %d of %s: one was taken away.",
            hole.first,
            hole.next - 1,
            hole.partition,
            parts[0].source.get("topic", "a file"),
        )


def _remove_orphans(paths: Paths, stored: Sequence[Stored]) -> None:
    """Remove rejected lines whose segment was never finished: they are about to be read again."""
    ends: dict[tuple[Any, ...], dict[int, int]] = {}
    for path in quarantine_paths(paths.quarantine):
        source = read_facts(path).get("source", {"kind": None})
        if source["kind"] not in STREAM_KINDS or "offsets" not in source:
            continue
        key = source_key(source)
        if key not in ends:
            ends[key] = reached(part for part in stored if same_source(part.source, source))
        reach = ends[key]
        if any(after > reach.get(partition, 0) for partition, (_, after) in ranges_of(source).items()):
            path.unlink()
