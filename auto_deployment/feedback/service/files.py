"""The files that workers of the service write: every line once, from a position that survives a restart.

They are never renamed, so a file's name is its identity; a worker leaves a full one and begins another, and
removes what is oldest in the folder.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from auto_deployment.errors import MarqueeError

FORM = "*.log"
LINE_MAX_BYTES = 65_536  # 100 titles of 78 characters are some 8 KB


class ServiceLogError(MarqueeError):
    """The service's files are there and cannot be read."""


@dataclass(frozen=True, slots=True)
class ServicePosition:
    """How far a file was read, and how long it was then."""

    name: str
    offset: int
    size: int


class ServiceFiles:
    """Reads what was added since its positions, file after file."""

    def __init__(self, folder: Path, positions: Sequence[ServicePosition]) -> None:
        self._folder = folder
        self._positions = {one.name: one for one in positions}
        self.lost = False  # a file was removed before it was read to its end

    @classmethod
    def from_json(cls, folder: Path, content: Sequence[Any]) -> Self:
        """Go on where `to_json` was called."""
        return cls(folder, [ServicePosition(**one) for one in content])

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(position) for position in self._positions.values()]

    def lines(self, most: int | None = None) -> Iterator[bytes]:
        """Yield new lines, at most so many; positions move when all were taken, and only then.

        A line that its writer did not complete, and will not, comes as it is, without its end.
        """
        left, reached = most, dict[str, ServicePosition]()
        for path in self._paths():
            known = self._positions.get(path.name)
            with _readable(path):
                try:
                    file = path.open("rb")
                except FileNotFoundError:  # to make room, since just now
                    continue
                with file:
                    file.seek(known.offset if known else 0)
                    for line in _lines(file):
                        if left == 0:
                            file.seek(-len(line), os.SEEK_CUR)
                            break
                        left = left and left - 1
                        yield line
                    size = os.fstat(file.fileno()).st_size
                    reached[path.name] = ServicePosition(path.name, file.tell(), size)
        gone = [one for name, one in self._positions.items() if name not in reached]
        self.lost = any(one.offset < one.size for one in gone)
        self._positions = reached

    def _paths(self) -> list[Path]:
        with _readable(self._folder):
            return sorted(self._folder.glob(FORM))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServiceLogError(f"{path} cannot be read ({error.strerror}): give us the right to.") from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield lines and leave the file behind the last one; an endless line comes in pieces."""
    while line := file.readline(LINE_MAX_BYTES):
        if not line.endswith(b"\n") and len(line) < LINE_MAX_BYTES:
            is_left = _is_left(file)
            file.seek(-len(line), os.SEEK_CUR)
            if not is_left:
                return
            line = file.readline(LINE_MAX_BYTES)  # its writer may have completed it before it went
        yield line


def _is_left(file: IO[bytes]) -> bool:
    """Return whether nobody writes to a file any more: its writer held a lock as long as it lived."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True
