"""What the segments hold, all of them together and by source."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.schema import KINDS, damaged
from auto_deployment.dataset.segments import Segment, read_segment, sound_segments
from auto_deployment.ingest.importing.stored import StoredSource, by_name, name_of
from auto_deployment.ingest.rating_scale import scale_text

IMPORTED = ("import", "file")


@dataclass(frozen=True, slots=True)
class Source:
    """A stream, an imported file, corrections, or a simulation."""

    name: str
    kind: str
    file_name: str
    written: datetime
    rows: int
    segments: int
    nbytes: int
    scales: str
    is_unfinished: bool

    @property
    def is_import(self) -> bool:
        return self.kind in IMPORTED


@dataclass(slots=True)
class Stored:
    """Counts over all segments; `damaged` says why files were left out."""

    segments: int = 0
    rows: int = 0
    nbytes: int = 0
    first: datetime | None = None
    last: datetime | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    sources: Sequence[Source] = ()
    damaged: dict[str, str] = field(default_factory=dict)


def read_stored(folder: Path) -> Stored:
    """Read what every segment says of itself."""
    found = Stored()
    with reading(folder):
        sound = sound_segments(folder, found.damaged, _read)
        segments = [one for one in sound if _has_a_name(one, found.damaged)]
        found.sources = [_source(one) for one in by_name(segments)]
    for segment in segments:
        found.kinds.update({kind: segment.meta.counts.get(kind, 0) for kind in KINDS})
        found.rejected.update(segment.meta.rejected_by_reason)
    times = [time for one in segments for time in (one.meta.first_time, one.meta.last_time) if time]
    found.first, found.last = (min(times), max(times)) if times else (None, None)
    found.segments, found.rows = len(segments), sum(one.rows for one in segments)
    found.nbytes = sum(source.nbytes for source in found.sources)
    return found


def _read(path: Path) -> Segment:
    try:
        found = path.stat()
    except OSError as error:
        raise damaged(path, error) from error
    return _kept(path, found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=5_000)  # some kilobytes each; a segment never changes, and there are more every day
def _kept(path: Path, inode: int, nbytes: int, time_ns: int) -> Segment:
    return read_segment(path)


def _has_a_name(segment: Segment, left_out: dict[str, str]) -> bool:
    try:
        name_of(segment)
    except (KeyError, TypeError, AttributeError) as error:
        left_out[segment.path.name] = f"{segment.path} says of itself what nobody understands: {error!r}."
        return False
    return True


def _source(source: StoredSource) -> Source:
    scales = ", ".join(map(scale_text, source.scales))
    unfinished = bool(source.parts) and not source.is_whole
    return Source(
        source.name,
        source.kind,
        source.file_name or "",
        source.written.astimezone(UTC),
        source.rows,
        len(source.segments),
        source.nbytes,
        scales,
        unfinished,
    )
