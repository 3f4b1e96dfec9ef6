"""A text file as it is found: plain, `.gz` or in a `.zip`, in UTF-8 or UTF-16, with any line ends.

What is read here is bytes that end their lines with a line feed, in UTF-8 where the file was in UTF-16; a
carriage return before a line feed stays.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from auto_deployment.errors import BadInputError

HEAD_BYTES = 65_536
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file, or one `member` of an archive."""

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    @property
    def name(self) -> str:
        return self.path.name if self.member is None else Path(self.member).name

    @property
    def usual_name(self) -> str:
        """The name without the ending of a compressed file."""
        return self.name.removesuffix(".gz")

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the content, unpacked; raise `OSError`, and `BadInputError` for a damaged archive."""
        try:
            with self.path.open("rb") as file, _unpacked(file, self.member) as content:
                yield content
        except (EOFError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, RuntimeError) as error:
            raise BadInputError(
                f"{self} is a damaged or encrypted archive ({error}): fetch it again."
            ) from error

    @contextmanager
    def open_text(self) -> Iterator["TextStream"]:
        """Open the content as text; raise `BadInputError`."""
        with self.open() as content:
            yield TextStream(content)

    def head(self) -> bytes:
        """Return the first bytes of the text; raise `BadInputError`."""
        try:
            with self.open_text() as stream:
                return stream.read(HEAD_BYTES)
        except OSError as error:
            raise BadInputError(f"{self} cannot be read ({error.strerror}).") from error


class TextStream:
    """Bytes of text without a byte order mark."""

    def __init__(self, content: IO[bytes]) -> None:
        buffered = io.BufferedReader(cast(io.RawIOBase, _Raw(content)), HEAD_BYTES)
        head = buffered.peek(HEAD_BYTES)[:HEAD_BYTES]
        mark, encoding = next(((m, e) for m, e in _MARKS if head.startswith(m)), (b"", _unmarked(head)))
        buffered.read(len(mark))
        self._bytes = buffered
        self._text = None
        if encoding != "utf-8":
            self._text = io.TextIOWrapper(buffered, encoding, errors="replace", newline="")
            head = head[: len(head) // 2 * 2].decode(encoding, "ignore").encode()
        self._returns = b"\r" in head and b"\n" not in head

    def read(self, count: int) -> bytes:
        """Return about as many bytes as asked for, none at the end."""
        text = self._bytes.read(count) if self._text is None else self._text.read(count).encode()
        return text.replace(b"\r", b"\n") if self._returns else text


class _Raw(io.RawIOBase):
    """Gives `io.BufferedReader` any content to read from."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._content.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def files_in(path: Path) -> list[TextFile]:
    """Return the files of a folder or an archive by name, without hidden ones; raise `BadInputError`."""
    try:
        if path.is_dir():
            found = [one for one in sorted(path.iterdir()) if one.is_file() and not one.name.startswith(".")]
            return [file for one in found if (file := _single(one)) is not None]
        return members(path) or [TextFile(path)]
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).") from error


def members(path: Path) -> list[TextFile]:
    """Return the files in a `.zip`, none if it is something else; raise `OSError` and `BadInputError`."""
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return []
        try:
            with zipfile.ZipFile(file) as archive:
                names = [one.filename for one in archive.infolist() if not one.is_dir()]
        except zipfile.BadZipFile as error:
            raise BadInputError(f"{path} is a damaged archive ({error}): fetch it again.") from error
    shown = [name for name in names if not any(part.startswith((".", "__")) for part in Path(name).parts)]
    return [TextFile(path, name) for name in sorted(shown)]


def _single(path: Path) -> TextFile | None:
    """Return a file of a folder; an archive in it counts as the one file that it holds."""
    if path.suffix != ".zip":
        return TextFile(path)
    found = members(path)
    return found[0] if len(found) == 1 else None


@contextmanager
def _unpacked(file: IO[bytes], member: str | None) -> Iterator[IO[bytes]]:
    if member is not None:
        with zipfile.ZipFile(file) as archive, archive.open(member) as content:
            yield content
        return
    packed = file.read(2) == _GZIP
    file.seek(0)
    if packed:
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked  # type: ignore[misc]  # reads as any other file
    else:
        yield file


def _unmarked(head: bytes) -> str:
    """Tell UTF-16 without a mark by the zero bytes in every other place."""
    pairs = min(len(head) // 2, 2000)
    if (
        pairs
        and head[1 : 2 * pairs : 2].count(0) > 0.7 * pairs
        and head[0 : 2 * pairs : 2].count(0) < 0.1 * pairs
    ):
        return "utf-16-le"
    if (
        pairs
        and head[0 : 2 * pairs : 2].count(0) > 0.7 * pairs
        and head[1 : 2 * pairs : 2].count(0) < 0.1 * pairs
    ):
        return "utf-16-be"
    return "utf-8"
