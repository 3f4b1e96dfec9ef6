"""Where to go on reading, decided from what the segments say and what the broker has. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from auto_deployment.errors import MarqueeError
from auto_deployment.ingest.stream import Offsets, Ranges

ACCEPT = "ingest --new-generation"
# What tells sources apart: content of a file; name, generation and ids of a topic.
NAMED, _IDS = ("kind", "sha256", "topic", "generation"), ("cluster_id", "topic_id")


class StreamChangedError(MarqueeError):
    """The stream is not the one that the segments come from: going on would skip or repeat lines."""


class OverlapError(MarqueeError):
    """Two segments hold the same lines."""


class Stored(NamedTuple):
    """The part of a stream that one segment holds."""

    segment: str
    source: Mapping[str, Any]
    ranges: Ranges


class Hole(NamedTuple):
    """Offsets between two segments that no segment holds: one is missing."""

    partition: int
    first: int
    next: int


@dataclass(frozen=True, slots=True)
class Broker:
    """What the broker says about a topic now. `topic_id` is `None` before Kafka 2.8."""

    cluster_id: str | None
    topic: str
    topic_id: str | None
    beginnings: Offsets
    ends: Offsets


@dataclass(frozen=True, slots=True)
class StreamStart:
    """Where to begin in each partition. `lost` are offsets that were removed before they were read."""

    generation: int
    offsets: Offsets
    lost: Ranges = field(default_factory=dict)


def ranges_of(source: Mapping[str, Any]) -> Ranges:
    """Return the offsets that a segment covers; JSON has the partitions as text."""
    return {int(partition): (first, after) for partition, (first, after) in source["offsets"].items()}


def reached(stored: Iterable[Stored]) -> dict[int, int]:
    """Return the offset after the last stored one, by partition."""
    ends: dict[int, int] = {}
    for part in stored:
        for partition, (_, after) in part.ranges.items():
            ends[partition] = max(after, ends.get(partition, 0))
    return ends


def same_source(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether offsets of both count the same lines; an id that is not known contradicts none."""
    return all(one.get(name) == other.get(name) for name in NAMED) and not any(
        one.get(name) and other.get(name) and one[name] != other[name] for name in _IDS
    )


def source_key(source: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return all that is known of which source it is."""
    return tuple(source.get(name) for name in (*NAMED, *_IDS))


def by_source(stored: Iterable[Stored]) -> list[list[Stored]]:
    """Return together what comes from one source: only there does an offset mean the same line."""
    exact: dict[tuple[Any, ...], list[Stored]] = {}
    for part in stored:
        exact.setdefault(source_key(part.source), []).append(part)
    groups: list[list[list[Stored]]] = []
    for parts in exact.values():
        for group in groups:
            if all(same_source(parts[0].source, others[0].source) for others in group):
                group.append(parts)
                break
        else:
            groups.append([parts])
    return [[part for parts in group for part in parts] for group in groups]


def find_holes(stored: Iterable[Stored]) -> list[Hole]:
    """Return what is missing between segments of one source; raise `OverlapError` on what is there twice."""
    holes = []
    by_partition: dict[int, list[tuple[int, int, str]]] = {}
    for part in stored:
        for partition, (first, after) in part.ranges.items():
            by_partition.setdefault(partition, []).append((first, after, part.segment))
    for partition, parts in sorted(by_partition.items()):
        parts.sort()
        for (_, end, one), (first, _, other) in pairwise(parts):
            if first < end:
                raise OverlapError(
                    f"{one} and {other} both hold lines of partition {partition}, from offset {first} on: "
                    "move the one that does not belong here out of the folder."
                )
            if first > end:
                holes.append(Hole(partition, end, first))
    return holes


def newest_generation(stored: Iterable[Stored], topic: str) -> tuple[int, list[Stored]]:
    """Return the newest generation of a topic (0 without segments) and its segments."""
    of_topic = [part for part in stored if part.source["topic"] == topic]
    newest = max((part.source["generation"] for part in of_topic), default=0)
    return newest, [part for part in of_topic if part.source["generation"] == newest]


def find_start(stored: Iterable[Stored], broker: Broker) -> StreamStart:
    """Go on where the newest segments end, new partitions from their beginning.

    Raises `StreamChangedError` when the topic or the cluster is another one under the same name, or has less
    than was read from it.
    """
    generation, found = newest_generation(stored, broker.topic)
    now = {"cluster_id": broker.cluster_id, "topic_id": broker.topic_id}
    parts = [part for part in found if same_source(part.source, {**part.source, **now})]
    if found and not parts:
        _refuse_other(found[0].source, broker)
    after = reached(parts)
    _check_ends(after, broker)
    lost = {
        partition: (offset, broker.beginnings[partition])
        for partition, offset in sorted(after.items())
        if broker.beginnings[partition] > offset
    }
    begin = {**broker.beginnings, **after, **{partition: there for partition, (_, there) in lost.items()}}
    return StreamStart(generation, begin, lost)


def start_generation(stored: Iterable[Stored], broker: Broker, given: Offsets) -> StreamStart:
    """Read a changed stream as a new one: from the given offsets, else from its beginning."""
    newest, parts = newest_generation(stored, broker.topic)
    offsets = {p: given.get(p, beginning) for p, beginning in broker.beginnings.items()}
    return StreamStart(newest + 1 if parts else newest, offsets)


def _refuse_other(source: Mapping[str, Any], broker: Broker) -> None:
    for name, was, now in (
        ("topic", source["topic_id"], broker.topic_id),
        ("cluster", source["cluster_id"], broker.cluster_id),
    ):
        if was and now and was != now:
            raise StreamChangedError(
                f"Topic {broker.topic} is not the one that the segments come from ({name} id {now}, they "
                f"say {was}): its offsets start again, so nothing was read. If that is meant, run "
                f"`{ACCEPT}` once: it reads the topic from its beginning and keeps the segments."
            )


def _check_ends(after: Offsets, broker: Broker) -> None:
    for partition, offset in sorted(after.items()):
        end = broker.ends.get(partition)
        if end is None or end < offset:
            have = "is gone" if end is None else f"ends at offset {end}"
            here = ",".join(f"{p}={min(after.get(p, end), end)}" for p, end in sorted(broker.ends.items()))
            raise StreamChangedError(
                f"Partition {partition} of topic {broker.topic} {have}, but the segments reach {offset}: "
                "the broker has lost what was read, and will use these offsets for other lines. Nothing was "
                f"read. If that is meant, run `{ACCEPT} {here}` once to go on after the loss."
            )
