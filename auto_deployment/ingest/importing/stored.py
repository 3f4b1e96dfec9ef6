"""What a data directory holds, source by source."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from auto_deployment.dataset.quarantine_limit import quarantine_paths
from auto_deployment.dataset.schema import CORRECTION
from auto_deployment.dataset.segments import Segment, list_segments

_imported = re.compile(r"((?:import|file)-[0-9a-f]{16}(?:r[0-9]+)?)-").match


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source under the name that its segments begin with. `segments` are never none."""

    name: str
    segments: Sequence[Segment]

    @property
    def kind(self) -> str:
        return str(self._first.meta.source.get("kind"))

    @property
    def sha256(self) -> str | None:
        return self._first.meta.source.get("sha256")

    @property
    def file_name(self) -> str | None:
        """Return what the file was called, where its import has noted that."""
        return self._first.meta.source.get("name")

    @property
    def parts(self) -> list[Segment]:
        """Return what one import wrote, in order: no lines that were taken again from the quarantine."""
        parts = [one for one in self.segments if "part" in one.meta.source and "last" in one.meta.source]
        return sorted(parts, key=lambda one: int(one.meta.source["part"]))

    @property
    def is_whole(self) -> bool:
        """Tell whether an import has ended; what is read piece by piece never has a last part."""
        numbers = [one.meta.source["part"] for one in self.parts]
        return bool(numbers) and numbers == list(range(len(numbers))) and self.parts[-1].meta.source["last"]

    @property
    def scales(self) -> list[tuple[float, float]]:
        rated = [one for one in self.segments if one.meta.counts.get("rating")]
        return sorted({(one.meta.rating_scale[0], one.meta.rating_scale[1]) for one in rated})

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.segments)

    @property
    def nbytes(self) -> int:
        return sum(one.path.stat().st_size for one in self.segments)

    @property
    def written(self) -> datetime:
        return datetime.fromtimestamp(max(one.path.stat().st_mtime for one in self.segments), UTC)

    @property
    def _first(self) -> Segment:
        return next(
            (one for one in self.segments if one.meta.source.get("kind") != "replay"), self.segments[0]
        )


def stored_sources(segments: Path) -> list[StoredSource]:
    """Return every source in order of name; raise `SegmentError`."""
    return by_name(list_segments(segments))


def by_name(listed: Iterable[Segment]) -> list[StoredSource]:
    """Return segments by the source that they hold lines of."""
    found: dict[str, list[Segment]] = {}
    for segment in listed:
        found.setdefault(name_of(segment), []).append(segment)
    return [StoredSource(name, found[name]) for name in sorted(found)]


def name_of(segment: Segment) -> str:
    """Return the name of a segment's source; lines taken again from the quarantine belong to theirs."""
    source = segment.meta.source
    if source.get("kind") == CORRECTION:
        return f"{CORRECTION}s"
    stem = str(source["quarantine"]) if source.get("kind") == "replay" else segment.path.stem
    if imported := imported_name(stem):
        return imported
    if source.get("kind") == "kafka":
        return f"kafka-{source.get('topic')}-{source.get('generation', 0):02d}"
    return stem.rsplit("-", 2)[0] if stem.startswith("kafka-") else stem


def rejected_of(quarantine: Path, name: str) -> Counter[str]:
    """Return the rejected lines of an imported source that are kept, by reason."""
    found: Counter[str] = Counter()
    for path in quarantine_paths(quarantine):
        if imported_name(path.stem) == name:
            found.update(pq.read_table(path, columns=["reason"])["reason"].to_pylist())
    return found


def imported_name(stem: str) -> str | None:
    """Return the name of the imported file that a segment or quarantine file belongs to, by its own name."""
    found = _imported(stem)
    return found[1] if found else None
