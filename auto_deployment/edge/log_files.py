"""The edge log's files across rotation: every complete line once, from a position that survives a restart."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

from auto_deployment.errors import MarqueeError

HEAD_BYTES = 128  # of a file tell it from another that got its inode: they have a time and a request's id
LINE_MAX_BYTES = 65_536  # NGINX writes at most some 2 KB


class EdgeLogError(MarqueeError):
    """The edge log is there and cannot be read: evidence is unavailable."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a file was read, whatever it is called by now."""

    inode: int
    offset: int
    head: str  # fingerprint of its first bytes

    @classmethod
    def in_file(cls, file: IO[bytes], offset: int) -> Self:
        return cls(os.fstat(file.fileno()).st_ino, offset, _head(file, offset))

    def is_of(self, file: IO[bytes]) -> bool:
        status = os.fstat(file.fileno())
        return (
            status.st_ino == self.inode
            and status.st_size >= self.offset
            and _head(file, self.offset) == self.head
        )


class LogFiles:
    """Reads what was added since its positions, in the newest file and in those that were rotated away.

    NGINX's workers go on writing into a renamed file for a moment, so every file that is still there is
    looked at each time.
    """

    def __init__(self, log: Path, positions: Sequence[LogPosition]) -> None:
        self._log = log
        self._positions = list(positions)  # oldest first
        self.lost = False  # the newest file that was known is gone: some lines were never read

    @classmethod
    def at_end(cls, log: Path) -> Self:
        """Begin with what is written from now on."""
        with _readable(log), ExitStack() as stack:
            files = _open_all(log, stack)
            return cls(log, [LogPosition.in_file(file, _end_of_lines(file)) for file in files])

    @classmethod
    def from_json(cls, log: Path, content: Sequence[Any]) -> Self:
        """Go on where `to_json` was called."""
        return cls(log, [LogPosition(**one) for one in content])

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(position) for position in self._positions]

    def lines(self, most: int | None = None) -> Iterator[bytes]:
        """Yield new lines, whole and at most so many; positions move when all were taken, and only then."""
        with _readable(self._log), ExitStack() as stack:
            files = _open_all(self._log, stack)
            known = [self._position_of(file) for file in files]
            self.lost = bool(self._positions) and self._positions[-1] not in known
            reached, left = [], most
            for file, position in zip(files, known, strict=True):
                file.seek(position.offset if position else 0)
                for line in islice(_complete_lines(file), left):
                    left = left and left - 1
                    yield line
                reached.append(LogPosition.in_file(file, file.tell()))
        self._positions = reached or self._positions

    def _position_of(self, file: IO[bytes]) -> LogPosition | None:
        return next((position for position in self._positions if position.is_of(file)), None)


@contextmanager
def _readable(log: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EdgeLogError(f"{log} cannot be read ({error.strerror}): evidence waits for it.") from error


def _complete_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield lines and leave the file behind the last complete one; an endless line comes in pieces."""
    while line := file.readline(LINE_MAX_BYTES):
        if not line.endswith(b"\n") and len(line) < LINE_MAX_BYTES:
            file.seek(-len(line), os.SEEK_CUR)
            return
        yield line


def _end_of_lines(file: IO[bytes]) -> int:
    """Return where a line of which only a part is written begins."""
    end = file.seek(0, os.SEEK_END)
    start = max(end - LINE_MAX_BYTES, 0)
    file.seek(start)
    complete, newline, _ = file.read(end - start).rpartition(b"\n")
    return start + len(complete) + 1 if newline else start


def _open_all(log: Path, stack: ExitStack) -> list[IO[bytes]]:
    """Open the log and its older files, oldest first, each once.

    From new to old: a rotation meanwhile moves a file onto a name that is still to come.
    """
    older = [path for path in log.parent.glob(f"{log.name}.*") if path.suffix[1:].isdigit()]
    opened: dict[tuple[int, int], IO[bytes]] = {}
    for path in [log, *sorted(older, key=lambda path: int(path.suffix[1:]))]:
        try:
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            continue
        status = os.fstat(file.fileno())
        opened.setdefault((status.st_dev, status.st_ino), file)
    return list(opened.values())[::-1]


def _head(file: IO[bytes], offset: int) -> str:
    here = file.tell()
    file.seek(0)
    head = file.read(min(offset, HEAD_BYTES))
    file.seek(here)
    return blake2b(head, digest_size=8).hexdigest()
