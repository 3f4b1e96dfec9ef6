"""Watch lines as columns, and their compaction to one row for each (user, movie)."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from auto_deployment.dataset.arrays import Int32Array, Int64Array
from auto_deployment.dataset.columns import ROWS_PER_BATCH, Interned, lists, record_batch, times
from auto_deployment.dataset.minutes import flatten, from_sorted, group_starts, pack_pair, unpack_pair


@dataclass(frozen=True, slots=True)
class CompactWatches:
    """A row for each (user, movie), sorted by both: first and last time, and its minutes as ranges.

    Row i has the flat ranges minutes[ends[i]:ends[i + 1]]. `total` is the number of different minutes of all
    rows.
    """

    user_id: Int64Array
    movie: Int32Array
    first_us: Int64Array
    last_us: Int64Array
    minutes: Int32Array
    ends: Int64Array
    total: int


class WatchColumns:
    """Watch lines in order of arrival, 20 bytes each."""

    def __init__(self, movies: Interned) -> None:
        self._movies = movies
        self._user_id, self._movie, self._minute = array("i"), array("i"), array("i")
        self._time_us = array("q")
        self.duplicates = 0

    def __len__(self) -> int:
        return len(self._user_id)

    @property
    def nbytes(self) -> int:
        return 20 * len(self)

    def add(self, user_id: int, movie_id: str, minute: int, time_us: int) -> None:
        self._user_id.append(user_id)
        self._movie.append(self._movies.code(movie_id))
        self._minute.append(minute)
        self._time_us.append(time_us)

    def movie_lines(self) -> npt.NDArray[np.int64]:
        """Return the number of lines by the number of the movie."""
        return np.bincount(np.array(self._movie, np.int32), minlength=len(self._movies))

    def user_ids(self) -> set[int]:
        return set(self._user_id)

    def movies(self) -> set[int]:
        return set(self._movie)

    def time_span_us(self) -> tuple[int, int] | None:
        return (min(self._time_us), max(self._time_us)) if self._time_us else None

    def record_batches(self, kind: str) -> Iterator[pa.RecordBatch]:
        """Yield the compacted rows, and count what was said more than once."""
        self.duplicates = 0
        for part in self._parts():
            rows = compact(
                np.frombuffer(self._user_id, np.int32)[part],
                np.frombuffer(self._movie, np.int32)[part],
                np.frombuffer(self._minute, np.int32)[part],
                np.frombuffer(self._time_us, np.int64)[part],
            )
            self.duplicates += len(part) - rows.total
            yield record_batch(
                kind,
                {
                    "user_id": pa.array(rows.user_id),
                    "movie_id": self._movies.coded(rows.movie),
                    "time": times(rows.first_us),
                    "last_time": times(rows.last_us),
                    "minutes": lists(rows.ends, pa.array(rows.minutes)),
                },
            )

    def _parts(self) -> Iterator[npt.NDArray[np.intp]]:
        """Yield the lines of some users at a time: sorting all at once would triple the memory of a batch."""
        user_id = np.array(self._user_id, np.int32)
        limits = np.unique(np.sort(user_id)[::ROWS_PER_BATCH]).tolist()
        for low, high in pairwise([*limits, None]):
            part = np.flatnonzero((user_id >= low) & (user_id < high) if high is not None else user_id >= low)
            yield part


def compact(
    user_id: Int32Array, movie: Int32Array, minute: Int32Array, time_us: Int64Array
) -> CompactWatches:
    """Return a row for each (user, movie); lines may be late or repeated: their order plays no part."""
    pair = pack_pair(user_id.astype(np.int64), movie)
    order = np.lexsort((minute, pair))
    pair, time_us = pair[order], time_us[order]
    starts = group_starts(pair)
    ranges = from_sorted(pair, minute[order])
    flat, ends = flatten(ranges)
    users, movies = unpack_pair(pair[starts])
    return CompactWatches(
        user_id=users,
        movie=movies,
        first_us=np.minimum.reduceat(time_us, starts),
        last_us=np.maximum.reduceat(time_us, starts),
        minutes=flat,
        ends=ends,
        total=int(ranges.sizes().sum()),
    )
