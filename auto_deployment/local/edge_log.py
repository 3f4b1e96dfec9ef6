"""NGINX's log of requests: turned over by size, and followed line by line while it grows."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

MEGABYTE = 1024 * 1024


def rotate(log: Path, max_bytes: int, files: int, reopen: Callable[[], None]) -> bool:
    """Turn the log over when it has grown enough; return whether it did. At most `files` are kept in all.

    No line is lost: NGINX goes on writing into the renamed file until `reopen` (SIGUSR1 to its main process)
    makes it open a new one. Who reads must therefore finish the old file before going on with the new one.
    """
    try:
        if log.stat().st_size < max_bytes:
            return False
    except FileNotFoundError:
        reopen()
        return False
    _numbered(log, files - 1).unlink(missing_ok=True)
    for number in range(files - 2, 0, -1):
        older = _numbered(log, number)
        if older.exists():
            older.replace(_numbered(log, number + 1))
    log.replace(_numbered(log, 1))
    reopen()
    return True


def shorten(log: Path, max_bytes: int) -> None:
    """Keep the newest half of a log whose writers only append; what they add meanwhile may be lost."""
    if log.exists() and log.stat().st_size >= max_bytes:
        kept = log.read_bytes()[-max_bytes // 2 :]
        with log.open("r+b") as file:
            file.truncate(0)
        with log.open("ab") as file:
            file.write(kept.partition(b"\n")[2])


def _numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def parse(line: bytes) -> Mapping[str, Any] | None:
    """Read one line of the log, None when it is not one."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


class Follower:
    """Reads what is added to the log from now on, across its rotation."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._rest = b""
        self._file = self._open()
        if self._file is not None:
            self._file.seek(0, 2)

    def read(self) -> list[Mapping[str, Any]]:
        """Return the requests that were added since the last call."""
        entries = self._read_file()
        if self._turned_over():
            entries += self._read_file()
            self.close()
            self._file, self._rest = self._open(), b""
            entries += self._read_file()
        return entries

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None

    def _open(self) -> IO[bytes] | None:
        try:
            return self._log.open("rb")
        except FileNotFoundError:
            return None

    def _turned_over(self) -> bool:
        try:
            there = self._log.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        here = os.fstat(self._file.fileno())
        return (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino)

    def _read_file(self) -> list[Mapping[str, Any]]:
        if self._file is None:
            return []
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [entry for line in lines if (entry := parse(line)) is not None]
