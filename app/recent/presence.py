"""Of whom something may be held: a bit for each user, in a file that writer and readers share.

Most users have done nothing since the training; of them that is known without asking LMDB. A bit that is set
promises nothing: users of far numbers share one, and it stays when a later model knows what was held, until
the store is begun anew.
"""

import mmap
from pathlib import Path

BITS = 1 << 23
NAME = "presence"


class Presence:
    """The bits; raises `OSError` or `ValueError` when the file is not there or is no such file."""

    def __init__(self, folder: Path, create: bool = False) -> None:
        path = folder / NAME
        if create:
            with path.open("ab") as file:
                file.truncate(BITS // 8)  # what is there stays
        with path.open("r+b" if create else "rb") as file:
            access = mmap.ACCESS_WRITE if create else mmap.ACCESS_READ
            self._bits = mmap.mmap(file.fileno(), BITS // 8, access=access)
        self._last = 0

    def add(self, user_id: int) -> None:
        """Say that something may be held of a user; before it is."""
        place = user_id % BITS
        self._bits[place >> 3] |= 1 << (place & 7)
        self._last = max(self._last, user_id)

    def remove(self, user_id: int) -> None:
        """Say that nothing is held of a user, nor of those who share the bit."""
        place = user_id % BITS
        self._bits[place >> 3] &= ~(1 << (place & 7))

    def sharing(self, user_id: int) -> range:
        """Return the users who may share a user's bit, among them the user."""
        return range(user_id % BITS, self._last + 1, BITS)

    def __contains__(self, user_id: int) -> bool:
        place = user_id % BITS
        return bool(self._bits[place >> 3] >> (place & 7) & 1)

    def close(self) -> None:
        self._bits.close()
