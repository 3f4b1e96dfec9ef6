"""One worker's files of lines: bounded in size, each line in them once and whole, whatever the disk does.

A file is never renamed. Its writer holds a lock on it: where there is none, nobody completes an end that is
no whole line.
"""

import errno
import fcntl
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

SUFFIX = ".log"
FORM = "{worker}.{number:06d}" + SUFFIX


class WorkerFiles:
    """Appends to a file that no other worker has; a full one is left and another begun."""

    def __init__(self, folder: Path, max_bytes: int, most: int) -> None:
        """Take the folder, when a file is full, and how many may lie in the folder in all."""
        self._folder, self._max_bytes, self._most = folder, max_bytes, most
        self._worker: str | None = None
        self._number = 0
        self._file: int | None = None

    def append(self, lines: Sequence[bytes]) -> int:
        """Write lines and return how many there are now; raise `OSError` where none could be."""
        file = self._current()
        begin = os.fstat(file).st_size
        data = b"".join(lines)
        written, fault = _write(file, data)
        kept = data.rfind(b"\n", 0, written) + 1
        if kept < len(data):
            self._cut(file, begin + kept)
            if not kept:
                raise fault or OSError(errno.EIO, "less was written than there was")
        elif begin + kept >= self._max_bytes:
            self.close()
        return data.count(b"\n", 0, kept)

    def close(self) -> None:
        """Leave the file; the next line begins another one."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _current(self) -> int:
        # Somebody else may have removed it to make room: what is written then would be seen by nobody.
        if self._file is not None and not os.fstat(self._file).st_nlink:
            self.close()
        if self._file is None:
            self._make_room()
            self._file = self._begin()
        return self._file

    def _begin(self) -> int:
        if self._worker is None:  # here, in the worker itself: a fork has a process id of its own
            host = "".join(one for one in socket.gethostname() if one.isalnum())[:32]
            self._worker = f"{time.time_ns() // 1_000_000:013d}-{host}-{os.getpid()}"
        path = self._folder / FORM.format(worker=self._worker, number=self._number + 1)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._number += 1
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            os.close(file)
            raise
        return file

    def _make_room(self) -> None:
        """Remove the files that nobody has written to for longest, and leave place for one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found = sorted((_changed_ns(path), path) for path in self._folder.glob(f"*{SUFFIX}"))
        for _, path in found[: max(len(found) - self._most + 1, 0)]:
            path.unlink(missing_ok=True)

    def _cut(self, file: int, end: int) -> None:
        """Take back a line of which the disk took a part; where that fails, begin another file."""
        try:
            os.ftruncate(file, end)
        except OSError:
            self.close()


def _write(file: int, data: bytes) -> tuple[int, OSError | None]:
    """Return how many bytes were written, and what kept the others out."""
    written = 0
    while written < len(data):
        try:
            written += os.write(file, data[written:])
        except OSError as error:
            return written, error
    return written, None


def _changed_ns(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime_ns
    return 0
