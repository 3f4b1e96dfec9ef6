"""A followed file: `NAME`, and `NAME.1` that it was renamed to when it grew too large."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from app.recent.feed import Polled

BYTES = 1 << 18  # of one look
OLDER = ".1"
FORM = re.compile(r"([0-9]+):([0-9]+)")


class FileFeed:
    """The lines of a file that one process appends to. A position is `<inode>:<offset>`."""

    def __init__(self, path: Path, sleep: Callable[[float], object] = time.sleep) -> None:
        self._path = path
        self._older = path.with_name(path.name + OLDER)
        self._sleep = sleep

    def poll(self, position: str | None, since_s: int, timeout_s: float) -> Polled:
        try:
            found = self._read(position)
        except OSError as error:
            self._sleep(timeout_s)
            return Polled([], position, trouble=f"{self._path} cannot be read ({error.strerror})")
        if not found.lines and found.position == position:
            self._sleep(timeout_s)
        return found

    def _read(self, position: str | None) -> Polled:
        found = FORM.fullmatch(position or "")  # another form is a place in a stream that was followed before
        inode, offset = (int(found[1]), int(found[2])) if found else (0, 0)
        for path in (self._path, self._older):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                if os.fstat(file.fileno()).st_ino == inode:
                    return self._lines_of(file, inode, offset, is_older=path == self._older)
        return self._from_the_beginning(is_lost=found is not None)

    def _lines_of(self, file: BinaryIO, inode: int, offset: int, *, is_older: bool) -> Polled:
        size = os.fstat(file.fileno()).st_size
        if size < offset:  # somebody has emptied it
            offset = 0
        file.seek(offset)
        read = file.read(BYTES)
        end = read.rfind(b"\n") + 1
        if not end and len(read) == BYTES:  # no line of ours is that long
            end = BYTES
        if not end and is_older:
            return self._begin(self._path)
        time_s = None if offset + len(read) >= size and not is_older else os.fstat(file.fileno()).st_mtime
        return Polled(read[:end].splitlines(), f"{inode}:{offset + end}", time_s)

    def _from_the_beginning(self, *, is_lost: bool) -> Polled:
        """Begin with what is there; where a file was removed that was being read, lines went with it."""
        begin = self._begin(self._older if self._older.exists() else self._path)
        return begin._replace(lost=int(is_lost))

    def _begin(self, path: Path) -> Polled:
        return Polled([], f"{path.stat().st_ino}:0", path.stat().st_mtime)
