"""Corrections as segments: numbered one after the other, each there whole or not at all."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from auto_deployment.dataset.builder import SegmentBuilder, microseconds
from auto_deployment.dataset.columns import record_batch
from auto_deployment.dataset.corrections.joining import join_corrections
from auto_deployment.dataset.corrections.names import correction_name, next_number
from auto_deployment.dataset.events import Rating, Watch
from auto_deployment.dataset.schema import CORRECTION, FORGOTTEN, REMOVED, SCHEMA, SegmentError, SegmentMeta
from auto_deployment.dataset.segments import SUFFIX, stage_segment
from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import BusyError, describe_owner, held, owner_text
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)

PATIENCE_S = 10.0  # for others who correct, which takes them milliseconds; joining may take minutes


class CorrectionError(MarqueeError):
    """A correction could not be written; nothing has changed."""


@dataclass(frozen=True, slots=True)
class Removed:
    """One event that no longer counts, as it was found."""

    kind: str  # watch or rating
    user_id: int
    movie_id: str
    time: datetime
    last_time: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """What one correction says, all of which counts at once; `scale` is that of the ratings it adds.

    `forgotten` are users and up to when. `facts` stand in its source.
    """

    added: Sequence[Rating | Watch] = ()
    removed: Sequence[Removed] = ()
    forgotten: Sequence[tuple[int, datetime]] = ()
    scale: tuple[float, float] = (1.0, 5.0)
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def correcting(paths: Paths) -> Iterator[None]:
    """Be the only one who corrects; no segments are joined between a look and what follows it.

    Several who want to take turns; raise `BusyError` after some seconds.
    """

    def refusal(holder: str) -> str:
        owner = describe_owner(holder, datetime.now(UTC))
        return (
            f"Segments are being joined or corrected ({owner}): nothing has changed, try again in a minute."
        )

    try:
        with held(paths.compaction_lock, owner_text(), refusal, PATIENCE_S):
            yield
            _join_many(paths)
    except BusyError:
        raise
    except OSError as error:
        raise CorrectionError(
            f"The correction was not written ({error.strerror or error}): see that {paths.root} can be "
            "written and has room, then try again."
        ) from error


def _join_many(paths: Paths) -> None:
    """Join corrections where there are many; what was corrected stays so where that fails."""
    try:
        join_corrections(paths, datetime.now(UTC))
    except (OSError, SegmentError) as error:
        log.error("Corrections are not joined, which takes time only: %s", error)


def write_correction(paths: Paths, correction: Correction, now: datetime) -> Path:
    """Write a correction; call with `correcting` held. Raises `OSError`, with nothing to be seen."""
    builder = SegmentBuilder()
    for event in correction.added:
        builder.add(event)
    batches = [*builder.record_batches(), *_rows(correction)]
    number = next_number(paths.segments.glob(f"*{SUFFIX}"))
    source = {"kind": CORRECTION, "number": number, "written_at": now.isoformat(timespec="seconds")}

    def meta() -> SegmentMeta:
        return builder.meta(source | correction.facts, correction.scale)

    digest = hashlib.sha256(repr((correction, source)).encode()).hexdigest()[:8]
    with stage_segment(paths.segments, correction_name(number, digest), batches, meta) as staged:
        staged.publish()
    return staged.path


def _rows(correction: Correction) -> Iterator[pa.RecordBatch]:
    for kind, name in REMOVED.items():
        if removed := [one for one in correction.removed if one.kind == kind]:
            yield record_batch(
                name,
                {
                    "user_id": pa.array([one.user_id for one in removed], pa.int64()),
                    "movie_id": pa.array([one.movie_id for one in removed]).dictionary_encode(),
                    "time": _times([one.time for one in removed]),
                    "last_time": _times([one.last_time for one in removed]),
                },
            )
    if correction.forgotten:
        users, times = zip(*correction.forgotten, strict=True)
        columns = {"user_id": pa.array(users, pa.int64()), "time": _times(times)}
        yield record_batch(FORGOTTEN, columns)


def _times(times: Sequence[datetime]) -> pa.Array:
    return pa.array([microseconds(time) for time in times]).cast(SCHEMA.field("time").type)
