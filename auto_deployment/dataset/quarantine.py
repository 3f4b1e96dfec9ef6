"""Lines that were not taken, kept with their raw bytes so that a better parser can try again."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from auto_deployment.host.files import StagedFile

METADATA_KEY = b"marquee"
STREAM_FORM = "stream"
TABLE = "table"  # in a file's facts: how the rows of its table are read

SCHEMA = pa.schema(
    [
        pa.field("raw", pa.binary(), nullable=False),
        pa.field("reason", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("parser_version", pa.int32(), nullable=False),
        pa.field("topic", pa.string()),
        pa.field("partition", pa.int32()),
        pa.field("offset", pa.int64()),
        pa.field("file", pa.string()),
        pa.field("line", pa.int64()),  # counted from 1
    ]
)
_LINES_PER_GROUP = 50_000
_BYTES_PER_GROUP = 8 << 20


@dataclass(frozen=True, slots=True)
class LinePosition:
    """Where a line stood: in a topic or in a file."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    file: str | None = None
    line: int | None = None


class QuarantineWriter:
    """Collect the rejected lines of one batch; without any, or without `publish`, no file appears.

    `form` says how the lines are to be read again; `STREAM_FORM` is for lines of the event stream. `source`
    is that of the segment that the lines are missing from, `table` how rows of a table are
    read. Lines go to the disk in groups, so memory stays bounded however many there are.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        form: str,
        parser_version: int,
        source: Mapping[str, Any] | None = None,
        table: Mapping[str, Any] | None = None,
    ) -> None:
        self._path = directory / f"{name}.parquet"
        given = {"source": source, TABLE: table}
        facts = {"schema": 1, "form": form} | {name: one for name, one in given.items() if one is not None}
        self._metadata = {METADATA_KEY: json.dumps(facts).encode()}
        self._parser_version = parser_version
        self._lines: list[tuple[bytes, str, LinePosition]] = []
        self._waiting_bytes = 0
        self._staged: StagedFile | None = None
        self._writer: pq.ParquetWriter | None = None

    def add(self, raw: bytes, reason: str, position: LinePosition) -> None:
        self._lines.append((raw, str(reason), position))
        self._waiting_bytes += len(raw)
        if len(self._lines) >= _LINES_PER_GROUP or self._waiting_bytes >= _BYTES_PER_GROUP:
            self._flush()

    def seal(self) -> None:
        """Put the lines on the disk without showing them; nothing can be added any more."""
        self._flush()
        if self._writer and self._staged:
            self._writer.close()
            self._staged.seal()

    def publish(self) -> None:
        if self._staged:
            self._staged.publish()

    def discard(self) -> None:
        # The writer wants to end the file properly even when there is no room for that.
        with suppress(OSError, pa.ArrowException):
            if self._writer:
                self._writer.close()
        if self._staged:
            self._staged.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.discard()

    def _flush(self) -> None:
        if not self._lines:
            return
        if self._writer is None:
            self._staged = StagedFile(self._path)
            schema = SCHEMA.with_metadata(self._metadata)
            self._writer = pq.ParquetWriter(self._staged.file, schema, compression="zstd")
        self._writer.write_table(_table(self._lines, self._parser_version))
        self._lines = []
        self._waiting_bytes = 0


def read_facts(path: Path) -> dict[str, Any]:
    """Return a file's form and the source of its lines; raise `OSError` or `pa.ArrowException`."""
    facts: dict[str, Any] = json.loads(pq.read_metadata(path).metadata[METADATA_KEY])
    return facts


def _table(lines: list[tuple[bytes, str, LinePosition]], parser_version: int) -> pa.Table:
    columns = {
        "raw": [raw for raw, _, _ in lines],
        "reason": [reason for _, reason, _ in lines],
        "parser_version": [parser_version] * len(lines),
    }
    for name in ("topic", "partition", "offset", "file", "line"):
        columns[name] = [getattr(position, name) for _, _, position in lines]
    return pa.table([pa.array(columns[field.name], field.type) for field in SCHEMA], SCHEMA)
