"""Events of a log of any size, in bounded memory."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from auto_deployment.ingest.importing.tables.text_file import TextFile
from auto_deployment.ingest.log_lines import LogLines
from auto_deployment.ingest.stream import TextLine

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_READ_BYTES = 1 << 20
_CHUNK_LINES = 20_000
_CHUNK_BYTES = 8 << 20

Progress = Callable[[int], object]


def ignore_progress(read_bytes: int) -> None:
    """Tell nobody how far it is."""


def read_lines(source: TextFile, progress: Progress = ignore_progress) -> Iterator[TextLine]:
    """Yield the events of a log without their line feed, and report how many bytes were read.

    Offsets count lines from 0; an answer may stand on several. A byte order mark is dropped.
    """
    with source.open() as file:
        log, offset = LogLines(file), 0
        while (found := log.read()) is not None:
            line, lines = found
            progress(len(line) + 1)
            yield TextLine(offset, line if offset else line.removeprefix(BYTE_ORDER_MARK))
            offset += lines


def chunks(lines: Iterable[TextLine]) -> Iterator[list[TextLine]]:
    chunk: list[TextLine] = []
    nbytes = 0
    for line in lines:
        chunk.append(line)
        nbytes += len(line.value)
        if len(chunk) == _CHUNK_LINES or nbytes >= _CHUNK_BYTES:
            yield chunk
            chunk, nbytes = [], 0
    if chunk:
        yield chunk


def digest(files: Sequence[TextFile]) -> str:
    """Return a SHA-256 of the content of a file, or one for the contents of several in this order."""
    digests = []
    for one in files:
        total = hashlib.sha256()
        with one.open() as content:
            while data := content.read(_READ_BYTES):
                total.update(data)
        digests.append(total)
    if len(digests) == 1:
        return digests[0].hexdigest()
    return hashlib.sha256(b"".join(one.digest() for one in digests)).hexdigest()
