"""The union of watched minutes over segments, merged as they are read."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import Int32Array, Int64Array
from auto_deployment.dataset.minutes import Ranges, group_starts, union

_MERGE_AT_LEAST = 1_000_000


@dataclass(frozen=True, slots=True)
class WatchedPairs:
    """A row for each pair, sorted: first and last time in microseconds, and how many different minutes."""

    pair: Int64Array
    first_us: Int64Array
    last_us: Int64Array
    minutes: Int32Array


class WatchUnion:
    """Collect the watches of segment after segment.

    What is new waits until it is as large as what is merged, so memory stays within a small multiple of the
    result and the work within n log n, however many segments there are.
    """

    def __init__(self) -> None:
        self._ranges = [Ranges(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))]
        self._spans = [(np.empty(0, np.int64),) * 3]
        self._given = 0

    def add(
        self,
        pair: Int64Array,
        first_us: Int64Array,
        last_us: Int64Array,
        lengths: Int32Array,
        minutes: Int32Array,
    ) -> None:
        """Take rows: row i has the next lengths[i] numbers of the flat ranges `minutes`."""
        ranges = Ranges(np.repeat(pair, lengths // 2), minutes[0::2], minutes[1::2])
        self._given += int(ranges.sizes().sum())
        self._ranges.append(ranges)
        self._spans.append((pair, first_us, last_us))
        waiting = sum(len(part.owner) for part in self._ranges[1:])
        if waiting > max(_MERGE_AT_LEAST, len(self._ranges[0].owner)):
            self._merge()

    def rows(self) -> WatchedPairs:
        """Return the union so far."""
        self._merge()
        ranges, (pair, first_us, last_us) = self._ranges[0], self._spans[0]
        starts = group_starts(ranges.owner)
        minutes = np.add.reduceat(ranges.sizes(), starts) if len(starts) else np.empty(0, np.int64)
        return WatchedPairs(pair, first_us, last_us, minutes.astype(np.int32))

    @property
    def absorbed(self) -> int:
        """How many minutes were given more than once; to be asked after `rows`."""
        return self._given - int(self._ranges[0].sizes().sum())

    def _merge(self) -> None:
        owner, first, last = (
            np.concatenate([getattr(part, name) for part in self._ranges])
            for name in ("owner", "first", "last")
        )
        self._ranges = [union(owner, first, last)]
        pair, first_us, last_us = (np.concatenate(column) for column in zip(*self._spans, strict=True))
        order = np.argsort(pair, kind="stable")
        starts = group_starts(pair[order])
        if len(starts):
            first_us = np.minimum.reduceat(first_us[order], starts)
            last_us = np.maximum.reduceat(last_us[order], starts)
        self._spans = [(pair[order][starts], first_us, last_us)]
