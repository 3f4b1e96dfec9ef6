"""A closed batch onto the disk: its rejected lines, then its segment, which alone says that it is there."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auto_deployment.dataset.events import PARSER_VERSION
from auto_deployment.dataset.quarantine import STREAM_FORM, LinePosition, QuarantineWriter
from auto_deployment.dataset.schema import SegmentMeta
from auto_deployment.dataset.segments import stage_segment
from auto_deployment.ingest.open_batch import OpenBatch
from auto_deployment.paths import Paths


@dataclass(frozen=True, slots=True)
class Written:
    """A segment that is on the disk for good."""

    name: str
    nbytes: int
    meta: SegmentMeta


def write_batch(
    paths: Paths,
    batch: OpenBatch,
    label: str,
    stream: Mapping[str, Any],
    rating_scale: tuple[float, float],
    now: Callable[[], datetime],
) -> Written:
    """Write a batch; raise `OSError` when that fails, with nothing to be seen: it may be tried again.

    Whoever dies between the two renames leaves rejected lines without a segment: `recover` removes them, and
    the lines are read again.
    """
    source = batch.source(stream) | {"written_at": now().isoformat(timespec="seconds")}
    name = segment_name(label, source, batch.first)
    with (
        QuarantineWriter(paths.quarantine, name, STREAM_FORM, PARSER_VERSION, source) as quarantine,
        stage_segment(
            paths.segments,
            name,
            batch.builder.record_batches(),
            lambda: batch.builder.meta(source, rating_scale),
        ) as staged,
    ):
        for line in batch.rejected:
            quarantine.add(line.raw, line.reason, position_of(source, line.partition, line.offset))
        quarantine.seal()
        nbytes = staged.file.tell()
        quarantine.publish()
        staged.publish()
    return Written(name, nbytes, batch.builder.meta(source, rating_scale))


def segment_name(label: str, source: Mapping[str, Any], first: Mapping[int, int]) -> str:
    """Name a segment by what it covers: the same lines give the same name, and names follow the stream."""
    covered = {key: value for key, value in source.items() if key != "written_at"}
    digest = hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()
    return f"{label}-{source.get('generation', 0):02d}-{sum(first.values()):015d}-{digest[:8]}"


def position_of(source: Mapping[str, Any], partition: int, offset: int) -> LinePosition:
    """Say where a line stood, in the words of its stream."""
    if source["kind"] == "kafka":
        return LinePosition(topic=source["topic"], partition=partition, offset=offset)
    return LinePosition(file=source["sha256"], line=offset + 1)
