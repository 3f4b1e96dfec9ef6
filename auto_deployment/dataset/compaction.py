"""The small segments of a finished day become one, at no moment more or less than what they hold.

The joined segment names those it replaces. Once it is there they no longer count, and are removed; whoever
dies in between leaves files that every reader passes over and the next start removes.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from auto_deployment.dataset.corrections.applied import read_corrections
from auto_deployment.dataset.joining import Joining
from auto_deployment.dataset.locks import removing
from auto_deployment.dataset.published import read_published
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import (
    JOINED,
    SUFFIX,
    Segment,
    list_segments,
    replaced_names,
    segment_path,
    segment_paths,
    stage_segment,
)
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)

_OPEN_AT_ONCE = 10
_SAME = ("cluster_id", "topic", "topic_id", "generation")


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one compaction did."""

    joined: int = 0
    into: int = 0
    put_off: int = 0  # groups that somebody was reading


def compact(paths: Paths, today: date, max_lines: int, check: Callable[[], None]) -> Compacted:
    """Join what was written before today and not yet published; what is being read is left for another time.

    `check` may raise to end it: what is not finished leaves nothing behind.
    """
    done = Compacted()
    while groups := find_groups(list_segments(paths.segments), read_published(paths), today, max_lines):
        results = [(len(group), _join(paths, group, check)) for group in groups]
        done = Compacted(
            done.joined + sum(size for size, is_joined in results if is_joined),
            done.into + sum(is_joined for _, is_joined in results),
            sum(not is_joined for _, is_joined in results),
        )
        if done.put_off:
            break
    return done


def find_groups(
    segments: Iterable[Segment], published: AbstractSet[str], today: date, max_lines: int
) -> list[list[Segment]]:
    """Return runs of segments that follow each other in a stream and were written on one earlier day.

    A run has no more segments than can be open at once in little memory; its outcome may be joined again.
    """
    groups: list[list[Segment]] = []
    of_kafka = (segment for segment in segments if segment.meta.source["kind"] == "kafka")
    for segment in sorted(of_kafka, key=lambda segment: segment.path.stem):
        if segment.path.stem in published or _day(segment) >= today:
            groups.append([])
        elif groups and groups[-1] and _continues(groups[-1], segment, max_lines):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return [group for group in groups if len(group) > 1]


def remove_replaced(segments: Path) -> int:
    """Remove segments that others replace, unless somebody reads; return how many."""
    with removing(segments) as alone:
        return remove_those_replaced(segments) if alone else 0


def _join(paths: Paths, group: Sequence[Segment], check: Callable[[], None]) -> bool:
    corrections = read_corrections(segment_paths(paths.segments))
    joining = Joining([segment.path for segment in group], check, corrections)
    names = [segment.path.stem for segment in group]
    source = _joined_source(group)

    def meta() -> SegmentMeta:
        return _joined_meta(group, source, joining.again)

    # Readers are turned away for the renames only, not for the work before them.
    with (
        stage_segment(paths.segments, _joined_name(names), joining.record_batches(), meta) as staged,
        removing(paths.segments) as alone,
    ):
        if not alone or set(names) & read_published(paths):
            log.info("Not joining %s to %s now: they are being read.", names[0], names[-1])
            return False
        staged.publish()
        remove_those_replaced(paths.segments)
    log.info("Joined %d segments into %s", len(names), staged.path.stem)
    return True


def remove_those_replaced(segments: Path) -> int:
    """Do the same; call with `removing` held."""
    replaced = replaced_names(path for path in segments.glob(f"*{SUFFIX}") if not path.name.startswith("."))
    there = [path for name in sorted(replaced) if (path := segment_path(segments, name)).exists()]
    for path in there:
        path.unlink()
    return len(there)


def _day(segment: Segment) -> date:
    return datetime.fromisoformat(segment.meta.source["written_at"]).date()


def _continues(group: Sequence[Segment], segment: Segment, max_lines: int) -> bool:
    last = group[-1]
    return (
        len(group) < _OPEN_AT_ONCE
        and _identity(last) == _identity(segment)
        and _day(last) == _day(segment)
        and sum(map(_lines, group)) + _lines(segment) <= max_lines
        and _touches(_joined_offsets(group), segment.meta.source["offsets"])
    )


def _identity(segment: Segment) -> tuple[Any, ...]:
    meta = segment.meta
    return (*(meta.source[name] for name in _SAME), meta.rating_scale, meta.parser_version)


def _lines(segment: Segment) -> int:
    counts = segment.meta.counts
    return sum(counts[kind] for kind in ("watch", "rating", "recommendation", "account", "rejected"))


def _touches(covered: dict[str, list[int]], offsets: dict[str, list[int]]) -> bool:
    return all(first == covered[p][1] for p, (first, _) in offsets.items() if p in covered)


def _joined_offsets(group: Sequence[Segment]) -> dict[str, list[int]]:
    covered: dict[str, list[int]] = {}
    for segment in group:
        for partition, (first, after) in segment.meta.source["offsets"].items():
            covered[partition] = [covered.get(partition, [first])[0], after]
    return covered


def _joined_source(group: Sequence[Segment]) -> dict[str, Any]:
    source: dict[str, Any] = {**group[-1].meta.source, "offsets": _joined_offsets(group)}
    lost: dict[str, list[list[int]]] = {}
    for segment in group:
        for partition, gaps in segment.meta.source.get("lost", {}).items():
            lost.setdefault(partition, []).extend(gaps)
    source.pop("lost", None)
    # What those replace that are replaced now must not come back when they go.
    replaces = [name for segment in group for name in segment.meta.source.get("replaces", [])]
    replaces += [segment.path.stem for segment in group]
    return source | ({"lost": lost} if lost else {}) | {"replaces": replaces}


def _joined_meta(group: Sequence[Segment], source: dict[str, Any], again: int) -> SegmentMeta:
    metas = [segment.meta for segment in group]
    counts = summed(meta.counts for meta in metas)
    return SegmentMeta(
        source=source,
        rating_scale=metas[0].rating_scale,
        parser_version=metas[0].parser_version,
        counts=counts | {"duplicate": counts["duplicate"] + again},
        rejected_by_reason=summed(meta.rejected_by_reason for meta in metas),
        first_time=min((meta.first_time for meta in metas if meta.first_time), default=None),
        last_time=max((meta.last_time for meta in metas if meta.last_time), default=None),
    )


def summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the counts of several segments as one."""
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total


def _joined_name(names: Sequence[str]) -> str:
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]
    return f"{names[0].rpartition('-')[0].removesuffix(JOINED[:-1])}{JOINED}{digest}"
