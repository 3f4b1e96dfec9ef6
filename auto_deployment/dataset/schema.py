"""The one schema of all segment files, and the facts that each carries about itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.errors import MarqueeError

SCHEMA_VERSION = 1
# So that a program which knows no corrections refuses them, and does not train past them.
CORRECTION_VERSION = 2
METADATA_KEY = b"marquee"
KINDS = ("watch", "rating", "recommendation", "account")
CORRECTION = "correction"  # the kind of source: such a segment says what others hold too much or lack
REMOVED = {"watch": "removed-watch", "rating": "removed-rating"}
FORGOTTEN = "forgotten"  # `time`: up to when

# Of the catalogue: who a user was in a source is nobody's business but that of who imported it.
NEVER_PUBLISHED = "source_users.parquet"

_TIME = pa.timestamp("us", tz="UTC")
_CODED = pa.dictionary(pa.int32(), pa.string())

SCHEMA = pa.schema(
    [
        pa.field("kind", _CODED, nullable=False),
        pa.field("user_id", pa.int64(), nullable=False),
        pa.field("movie_id", _CODED),
        pa.field("time", _TIME, nullable=False),  # of a watch: first seen
        pa.field("last_time", _TIME),  # of a watch: last seen
        pa.field("rating", pa.float32()),  # on the scale of the file
        pa.field(
            "minutes", pa.list_(pa.int32())
        ),  # of a watch: [first, last, first, last, ...], disjoint, sorted
        pa.field("server", pa.string()),
        pa.field("status", pa.int16()),
        pa.field("movies", pa.list_(pa.string())),
        pa.field("latency_ms", pa.int32()),
        pa.field("error", pa.string()),
        pa.field("partition", pa.int32()),  # where the line stood; a watch is made of many lines and has none
        pa.field("offset", pa.int64()),
    ]
)


class SegmentError(MarqueeError):
    """A segment is damaged, of a version that is not known, or no segment. The message names the file."""


@dataclass(frozen=True, slots=True)
class SegmentMeta:
    """What a segment says about itself.

    `source` is {"kind": "import" | "file", "sha256", "part", "parts"}, {"kind": "kafka", "cluster_id",
    "topic", "topic_id", "offsets": {partition: [first, next]}}, or {"kind": "correction", "number"}: of
    corrections that contradict each other the higher number counts. `counts` are lines by kind (before
    watches are compacted) plus "rejected", "repaired" and "duplicate"; the four kinds and "rejected" add up
    to the lines that were read.
    """

    source: Mapping[str, Any]
    rating_scale: tuple[float, float]
    parser_version: int
    counts: Mapping[str, int]
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    first_time: datetime | None = None
    last_time: datetime | None = None

    def to_json(self) -> bytes:
        """Render as JSON, the same facts always as the same bytes."""
        content = {"schema": _version_of(self.source), **asdict(self)}
        for key in ("first_time", "last_time"):
            content[key] = content[key] and content[key].isoformat()
        return json.dumps(content, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "SegmentMeta":
        """Read back `to_json`; raise `ValueError` or `KeyError` on anything else."""
        content = json.loads(text)
        if content["schema"] != (known := _version_of(content["source"])):
            raise ValueError(f"its version is {content['schema']!r}, not {known}")
        times = [content[key] and datetime.fromisoformat(content[key]) for key in ("first_time", "last_time")]
        low, high = content["rating_scale"]
        return cls(
            source=content["source"],
            rating_scale=(low, high),
            parser_version=content["parser_version"],
            counts=content["counts"],
            rejected_by_reason=content["rejected_by_reason"],
            first_time=times[0],
            last_time=times[1],
        )


def _version_of(source: Mapping[str, Any]) -> int:
    return CORRECTION_VERSION if source.get("kind") == CORRECTION else SCHEMA_VERSION


def open_segment(path: Path) -> tuple[pq.ParquetFile, SegmentMeta]:
    """Open a segment for reading, its pages verified as they are read; raise `SegmentError`."""
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        return file, SegmentMeta.from_json(file.metadata.metadata[METADATA_KEY])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from error


def read_segment_table(path: Path, columns: Sequence[str] | None = None) -> tuple[pa.Table, SegmentMeta]:
    """Read columns of a small segment, or of a few columns of a large one; raise `SegmentError`."""
    file, meta = open_segment(path)
    with file:
        try:
            return file.read(columns=columns), meta
        except (OSError, pa.ArrowException) as error:
            raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> SegmentError:
    """Name the file, what is wrong with it, and what to do."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if path.name.startswith(f"{CORRECTION}-"):
        return SegmentError(
            f"{path} cannot be read as a correction ({reason}): restore it from a copy. Without it what it "
            "has removed, and who was forgotten by it, would count again: docs/people.md tells what to do."
        )
    return SegmentError(
        f"{path} cannot be read as a segment ({reason}): restore it from a copy or move it away."
    )
