"""What a table says, as one number that order, quotes, line ends and compression do not change."""

import hashlib

import numpy as np
import numpy.typing as npt

from auto_deployment.dataset.arrays import Float32Array, Int32Array, Int64Array

_UInt64Array = npt.NDArray[np.uint64]
_MICRO = 1_000_000  # ratings have at most six digits after the point
_MASK = 2**64 - 1


class RowDigest:
    """Adds up a hash of each row (user, the source's movie id, rating, time).

    A sum does not depend on order, and unlike an exclusive or it counts a row that is there twice. Each row
    is hashed into two words of 64 bits, by two words of its movie that have nothing to do with each
    other, and both are added up modulo 2**64: of tables that were not made to collide two agree with a
    chance of about 1 in 2**128. Whoever makes them collide only keeps a table of their own out.
    """

    def __init__(self) -> None:
        self._sums = [0, 0]
        self.rows = 0

    def add(
        self, user_id: Int32Array, movie: _UInt64Array, rating: Float32Array, time_us: Int64Array
    ) -> None:
        """Add rows; `movie` has two words of each row's movie, and of a user who is a text, (rows, 2)."""
        self.rows += len(user_id)
        micro = np.rint(rating.astype(np.float64) * _MICRO).astype(np.uint64)
        who = user_id.astype(np.uint64) << np.uint64(32) | micro
        when = time_us.view(np.uint64)
        for lane in (0, 1):
            mixed = _mix(_mix(who ^ movie[:, lane]) + when)
            self._sums[lane] = (self._sums[lane] + int(mixed.sum(dtype=np.uint64))) & _MASK

    def hexdigest(self) -> str:
        content = f"ratings {self.rows} {self._sums[0]} {self._sums[1]}"
        return hashlib.sha256(content.encode()).hexdigest()


def words_of(source_id: str) -> tuple[int, int]:
    """Return the two words of a movie."""
    digest = hashlib.blake2b(source_id.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def _mix(words: _UInt64Array) -> _UInt64Array:
    """Spread each word over all its bits (the finaliser of splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: _UInt64Array = words ^ (words >> np.uint64(31))
    return mixed
