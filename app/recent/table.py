"""What is held of all users, in one mapped file: one process writes, workers copy from their own memory.

A directory has a word for each group of users, which says where in the blocks behind it the group lies. A
changed group is written to free blocks, then its word is changed, with one store of eight bytes, and only
then are the blocks of before free. A reader takes the word, copies, and looks at the word again: if it is
another one, the copy may be of anybody, and is made again. A writer who is killed leaves the group of
before or after.

It is smaller than a tree of pages that are two thirds full, and needs no transactions: an event that is taken
twice changes nothing.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

NAME = "table"
GROUPS = 1 << 18
UNIT = 32
DIRECTORY = GROUPS * 8
MOST_BYTES = (1 << 16) - 1  # of a group
ANY = 0xFF
GROWTH = 16  # when no gap is long enough, a sixteenth is taken more
_SUM = 4


class TableError(Exception):
    """The table is damaged or full."""


class Table:
    """A reader's view. Raises `OSError` or `ValueError` when the file is not there or is no such file."""

    def __init__(self, folder: Path) -> None:
        with (folder / NAME).open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._look()

    def _look(self) -> None:
        if len(self._map) < DIRECTORY:
            raise ValueError(f"{NAME} is cut off")
        self._view = memoryview(self._map)
        self._words = self._view[:DIRECTORY].cast("Q")

    def get(self, group: int, marks: int = ANY) -> bytes:
        """Return what a group holds if it was put there with one of the marks.

        Nothing also where that is damaged, or the table was closed meanwhile.
        """
        try:
            word = self._words[group]
            while word >> 56 & marks:
                at = DIRECTORY + (word & 0xFFFFFFFF) * UNIT
                found = self._map[at : at + (word >> 32 & MOST_BYTES)]
                now = self._words[group]
                if now == word:
                    return _content(found)
                word = now
        except ValueError:
            pass
        return b""

    def groups(self, after: int = -1) -> Iterator[int]:
        """Yield the groups that hold something, in order."""
        return (group for group in range(after + 1, GROUPS) if self._words[group])

    def close(self) -> None:
        self._words.release()
        self._view.release()
        self._map.close()


class WrittenTable(Table):
    """What the one writer has; free blocks are known by looking through the directory."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Open or begin a table; raise `TableError` for one that is damaged or larger than it may be."""
        size = DIRECTORY + max_bytes // UNIT * UNIT
        with (folder / NAME).open("a+b") as file:
            if file.tell() > size:
                raise TableError(f"it is larger than RECENT_MAX_MB ({max_bytes >> 20})")
            file.truncate(size)
        with (folder / NAME).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)
        self._look()
        self._taken = bytearray(max_bytes // UNIT)  # a byte for each unit of blocks
        self._next = self._end = 0  # where to look for a gap next, and where nobody has been
        for group in self.groups():
            begin, units = self._place(self._words[group])
            if self._taken.find(1, begin, begin + units) >= 0 or not _content(self._stored(group)):
                raise TableError("what a group holds is damaged")
            self._take(begin, units)

    @property
    def used_share(self) -> float:
        """Return how much of the file was ever written to: so much of it is in memory."""
        return self._end / len(self._taken)

    def put(self, group: int, content: bytes, marks: int = ANY) -> None:
        """Replace what a group holds; raise `TableError` when there is no room.

        The marks, of which there is one at least, are eight bits that a reader sees before it copies.
        """
        before = self._words[group]
        if content:
            length = len(content) + _SUM
            if length > MOST_BYTES:
                raise TableError("a group holds too much")
            units = -(-length // UNIT)
            begin = self._gap(units)
            at = DIRECTORY + begin * UNIT
            self._map[at : at + length] = crc32(content).to_bytes(_SUM, "little") + content
            self._take(begin, units)
            version = ((before >> 48) + 1) & 0xFF  # the same place and length again are another word
            self._words[group] = marks << 56 | version << 48 | length << 32 | begin
        else:
            self._words[group] = 0
        if before:
            begin, units = self._place(before)
            self._taken[begin : begin + units] = bytes(units)

    def _stored(self, group: int) -> bytes:
        word = self._words[group]
        at = DIRECTORY + (word & 0xFFFFFFFF) * UNIT
        return self._map[at : at + (word >> 32 & MOST_BYTES)]

    def _place(self, word: int) -> tuple[int, int]:
        return word & 0xFFFFFFFF, -(-(word >> 32 & MOST_BYTES) // UNIT)

    def _take(self, begin: int, units: int) -> None:
        self._taken[begin : begin + units] = b"\1" * units
        self._next, self._end = begin + units, max(self._end, begin + units)

    def _gap(self, units: int) -> int:
        wanted = bytes(units)
        for begin, end in ((self._next, self._end), (0, self._end)):
            if (found := self._taken.find(wanted, begin, end)) >= 0:
                return found
        found, more = self._end, max(units, self._end // GROWTH)
        if found + units > len(self._taken):
            raise TableError("it is full")
        self._end = min(found + more, len(self._taken))
        return found


def _content(stored: bytes) -> bytes:
    """Return what a group holds without its sum, nothing where that is damaged."""
    content = stored[_SUM:]
    return content if crc32(content) == int.from_bytes(stored[:_SUM], "little") else b""
