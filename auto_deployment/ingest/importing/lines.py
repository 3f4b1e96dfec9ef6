"""Lines of a file of any size, in bounded memory."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

from auto_deployment.dataset.events import MAX_LINE_BYTES
from auto_deployment.ingest.importing.tables.text_file import TextFile
from auto_deployment.ingest.stream import TextLine

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_READ_BYTES = 1 << 20
_CHUNK_LINES = 20_000
_CHUNK_BYTES = 8 << 20

Progress = Callable[[int], object]


def ignore_progress(read_bytes: int) -> None:
    """Tell nobody how far it is."""


def read_lines(source: TextFile, progress: Progress = ignore_progress) -> Iterator[TextLine]:
    """Yield the lines without their line feed, and report how many bytes were read; offsets count from 0.

    A line that is longer than the parser takes comes cut off, still longer than that. A byte order mark is
    dropped.
    """
    with source.open() as file:
        offset = 0
        while line := file.readline(MAX_LINE_BYTES + 2):
            if offset == 0:
                line = line.removeprefix(BYTE_ORDER_MARK)
            progress(len(line))
            if line.endswith(b"\n"):
                yield TextLine(offset, line[:-1])
            else:
                yield TextLine(offset, line)
                _pass_over_rest(file, progress)
            offset += 1


def _pass_over_rest(file: IO[bytes], progress: Progress) -> None:
    rest = b""
    while not rest.endswith(b"\n") and (rest := file.readline(_READ_BYTES)):
        progress(len(rest))


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
