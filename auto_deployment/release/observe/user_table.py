"""A million users in eight bytes each: who was seen in a release, on which track, and what he met."""

import base64
import binascii
from copy import copy
from hashlib import blake2b
from typing import Self

import numpy as np
from numpy.typing import NDArray

from auto_deployment.errors import MarqueeError

ON_CANARY, MET_BAD, MET_FALLBACK, MET_SLOW = 1, 2, 4, 8
FLAG_BITS = 4
OLD_FLAG_BITS = 3  # as version 0.1 stored it: nobody looked for what was slow
FLAGS = (1 << FLAG_BITS) - 1
HASH_BITS = 44  # with the flags six bytes; two of a million users collide with a chance of 2.8 %
STORED_BYTES = 6
FRESH_MAX = 65_536


class UserTable:
    """Hashed user -> flags. What changed last is a dict, the rest one sorted array of hash and flags."""

    def __init__(self, salt: str, packed: NDArray[np.uint64] | None = None) -> None:
        self._hash = blake2b(digest_size=8, salt=blake2b(salt.encode(), digest_size=16).digest())
        self._packed = np.empty(0, np.uint64) if packed is None else packed
        self._fresh: dict[int, int] = {}
        self._count = len(self._packed)

    def __len__(self) -> int:
        return self._count

    def key(self, user: str) -> int:
        """Hash a user; without the release's salt the hashes of two releases cannot be matched."""
        digest = self._hash.copy()
        digest.update(user.encode())
        return int.from_bytes(digest.digest(), "little") >> (64 - HASH_BITS)

    def get(self, key: int) -> int | None:
        """Return a user's flags, None when he was not seen."""
        flags = self._fresh.get(key)
        if flags is not None:
            return flags
        place = int(self._packed.searchsorted(np.uint64(key << FLAG_BITS)))
        if place == len(self._packed):
            return None
        found = int(self._packed[place])
        return found & FLAGS if found >> FLAG_BITS == key else None

    def put(self, key: int, flags: int, *, new: bool) -> None:
        """Remember a user's flags; `new` says that `get` did not find him."""
        self._fresh[key] = flags
        self._count += new
        if len(self._fresh) >= FRESH_MAX:
            self._merge()

    def copy(self) -> Self:
        """Return a table that can be changed without changing this one."""
        twin = copy(self)
        twin._packed, twin._fresh = self._packed.copy(), dict(self._fresh)
        return twin

    def dump(self) -> str:
        """Return the table as text, eight characters a user."""
        self._merge()
        rows = self._packed.astype("<u8").view(np.uint8).reshape(-1, 8)
        return base64.b64encode(rows[:, :STORED_BYTES].tobytes()).decode()

    @classmethod
    def load(cls, salt: str, text: str, flag_bits: int = FLAG_BITS) -> Self:
        """Read what `dump` wrote, with so many flags; raise `MarqueeError` when it is damaged."""
        try:
            stored = np.frombuffer(base64.b64decode(text, validate=True), np.uint8).reshape(-1, STORED_BYTES)
        except (binascii.Error, ValueError) as error:
            raise MarqueeError("The users of this release's evidence cannot be read: abort it.") from error
        rows = np.zeros((len(stored), 8), np.uint8)
        rows[:, :STORED_BYTES] = stored
        packed = rows.view("<u8").reshape(-1).astype(np.uint64)
        if flag_bits not in (FLAG_BITS, OLD_FLAG_BITS):
            raise MarqueeError("The users of this release's evidence have unknown flags: abort it.")
        if np.any(packed[:-1] >> flag_bits >= packed[1:] >> flag_bits):
            raise MarqueeError("The users of this release's evidence are out of order: abort it.")
        return cls(salt, packed if flag_bits == FLAG_BITS else _widened(packed))

    def _merge(self) -> None:
        if not self._fresh:
            return
        fresh = np.fromiter(
            (key << FLAG_BITS | flags for key, flags in self._fresh.items()), np.uint64, len(self._fresh)
        )
        fresh.sort()
        self._fresh.clear()
        places = self._packed.searchsorted(fresh & np.uint64(~FLAGS & (1 << 64) - 1))
        known = np.zeros(len(fresh), bool)
        inside = places < len(self._packed)
        known[inside] = self._packed[places[inside]] >> FLAG_BITS == fresh[inside] >> FLAG_BITS
        self._packed[places[known]] = fresh[known]
        self._packed = np.insert(self._packed, places[~known], fresh[~known])


def _widened(packed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Make room for one more flag: a hash loses its last bit, and two that become one share their flags."""
    old_flags = np.uint64((1 << OLD_FLAG_BITS) - 1)
    keys, begin = np.unique(packed >> (OLD_FLAG_BITS + 1), return_index=True)
    flags = np.bitwise_or.reduceat(packed & old_flags, begin) if len(packed) else packed
    widened: NDArray[np.uint64] = keys << FLAG_BITS | flags
    return widened
