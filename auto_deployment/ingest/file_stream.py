"""A captured log as a stream: one partition, offsets that count lines."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.ingest.log_lines import LogLines
from auto_deployment.ingest.positions import Stored, reached
from auto_deployment.ingest.stream import Offsets, Polled, TextLine

_LINES_PER_POLL = 20_000


class FileStream:
    """The lines of one file, begun where the segments that were made of the same content end."""

    def __init__(self, path: Path, stored: Iterable[Stored]) -> None:
        try:
            self._file = path.open("rb")
            digest = hashlib.file_digest(self._file, "sha256").hexdigest()
            self._file.seek(0)
        except OSError as error:
            raise BadInputError(f"{path} cannot be read: {error.strerror}.") from error
        self._lines = LogLines(self._file)
        self._source = {"kind": "file", "sha256": digest}
        self._next = 0
        self._begin = reached(part for part in stored if part.source.get("sha256") == digest).get(0, 0)

    @property
    def label(self) -> str:
        return f"file-{self._source['sha256'][:16]}"

    @property
    def source(self) -> dict[str, Any]:
        return self._source

    @property
    def trouble(self) -> str:
        return ""

    @property
    def caught_up(self) -> bool:
        return False

    def poll(self, timeout_s: float) -> Polled | None:
        if self._next < self._begin:
            if not self._lines.skip(self._begin):
                return None
            self._next = self._begin
        if self._next == self._begin:
            # Where the first batch begins has to be known before its first line.
            self._begin = -1
            return Polled(next={0: self._next})
        lines: list[TextLine] = []
        while len(lines) < _LINES_PER_POLL and (found := self._lines.read()) is not None:
            lines.append(TextLine(self._next, found[0]))
            self._next += found[1]
        return Polled({0: lines}, {0: self._next}) if lines else None

    def lag(self) -> Offsets:
        return {}

    def commit(self, offsets: Offsets) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
