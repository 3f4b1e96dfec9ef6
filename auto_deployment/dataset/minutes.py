"""Sets of minutes as sorted, disjoint, non-adjacent inclusive ranges: many sets at once, in flat arrays."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auto_deployment.dataset.arrays import Int32Array, Int64Array

_MOVIE_BITS = 32


def pack_pair(user_id: Int64Array, movie: Int32Array) -> Int64Array:
    """Return user and movie number in one; it sorts like (user, movie). Both are below 2**31."""
    return user_id << _MOVIE_BITS | movie


def unpack_pair(pair: Int64Array) -> tuple[Int64Array, Int32Array]:
    """Return what `pack_pair` has made one number of."""
    return pair >> _MOVIE_BITS, (pair & (1 << _MOVIE_BITS) - 1).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Ranges:
    """The ranges of many sets: range i holds the minutes first[i]..last[i] of set owner[i].

    All three have the same length; sorted by owner, then first.
    """

    owner: Int64Array
    first: Int32Array
    last: Int32Array

    def sizes(self) -> Int64Array:
        return self.last.astype(np.int64) - self.first + 1


def union(owner: Int64Array, first: Int32Array, last: Int32Array) -> Ranges:
    """Merge ranges that overlap or touch, in any order, within each owner."""
    if not len(owner):
        return Ranges(owner, first, last)
    order = np.lexsort((first, owner))
    owner, first, last = owner[order], first[order], last[order]
    new_owner = _changes(owner)
    # The furthest minute so far within an owner: the running maximum starts anew because each owner lies
    # above everything of the one before it.
    step = int(last.max()) + 2
    reach = np.maximum.accumulate(last + np.cumsum(new_owner) * step) - np.cumsum(new_owner) * step
    starts = new_owner.copy()
    starts[1:] |= first[1:] > reach[:-1] + 1
    begins = np.flatnonzero(starts)
    ends = np.append(begins[1:], len(owner)) - 1
    return Ranges(owner[begins], first[begins], reach[ends].astype(np.int32))


def from_sorted(owner: Int64Array, minute: Int32Array) -> Ranges:
    """Join single minutes, sorted by owner and minute, into ranges; a minute may be there more than once."""
    starts = _changes(owner)
    starts[1:] |= minute[1:] > minute[:-1] + 1
    begins = np.flatnonzero(starts)
    ends = np.append(begins[1:], len(owner)) - 1 if len(owner) else begins
    return Ranges(owner[begins], minute[begins], minute[ends])


def group_starts(owner: Int64Array) -> Int64Array:
    """Return where each run of equal owners begins."""
    return np.flatnonzero(_changes(owner)) if len(owner) else np.empty(0, np.int64)


def flatten(ranges: Ranges) -> tuple[Int32Array, Int64Array]:
    """Return [first, last, first, last, ...] of all ranges, where each owner begins, and the end."""
    flat = np.empty(2 * len(ranges.owner), np.int32)
    flat[0::2], flat[1::2] = ranges.first, ranges.last
    return flat, 2 * np.append(group_starts(ranges.owner), len(ranges.owner))


def _changes(owner: Int64Array) -> npt.NDArray[np.bool_]:
    changes = np.ones(len(owner), np.bool_)
    changes[1:] = owner[1:] != owner[:-1]
    return changes
