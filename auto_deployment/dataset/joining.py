"""The rows of several segments as one: watches united, all else in turn, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.dataset.arrays import Int64Array, int64s
from auto_deployment.dataset.columns import ROWS_PER_BATCH, lists, record_batch, times
from auto_deployment.dataset.corrections.applied import NO_CORRECTIONS, Corrections
from auto_deployment.dataset.minutes import Ranges, flatten, group_starts, pack_pair, union, unpack_pair
from auto_deployment.dataset.schema import SCHEMA, open_segment
from auto_deployment.dataset.tables import Codes, groups_of, is_kind

_ROWS_AT_ONCE = 100_000
_ROWS_OF_ONE = 16_384
_SAMPLE_EVERY = 100
_WATCH_COLUMNS = ["user_id", "movie_id", "time", "last_time", "minutes"]


class Joining:
    """The rows of some segments, which stay as they are. `again` counts minutes that several of them have.

    `check` is called now and then and may raise to end the work. What corrections cover is left out: a watch
    that was taken away and one that was not would become one, of which nobody could tell the halves.
    """

    def __init__(
        self, paths: Sequence[Path], check: Callable[[], None], corrections: Corrections = NO_CORRECTIONS
    ) -> None:
        self._paths = paths
        self._check = check
        self._corrections = corrections
        self._codes = Codes()
        self.again = 0

    def record_batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in the schema of segments; raise `SegmentError`."""
        self.again = 0
        limits = self._user_limits()
        with ExitStack() as stack:
            cursors = [stack.enter_context(_Cursor(path, self._corrections)) for path in self._paths]
            for limit in [*limits[1:], None]:
                self._check()
                if parts := [part for cursor in cursors for part in cursor.take_below(limit)]:
                    yield self._united(parts)
        for kind in ("rating", "recommendation", "account"):
            yield from self._one_after_the_other(kind)

    def _user_limits(self) -> list[int]:
        """Return users that divide the watches into parts of some 100,000 rows."""
        sample = [np.empty(0, np.int64)]
        for table in self._tables("watch", ["user_id"]):
            sample.append(table["user_id"].to_numpy()[::_SAMPLE_EVERY])
        users = np.sort(np.concatenate(sample))
        return sorted({0, *users[:: _ROWS_AT_ONCE // _SAMPLE_EVERY].tolist()})

    def _united(self, parts: Sequence[pa.Table]) -> pa.RecordBatch:
        pairs, firsts, lasts, owners, begins, ends = [], [], [], [], [], []
        for table in parts:
            pair = pack_pair(table["user_id"].to_numpy(), self._codes.of(table["movie_id"]))
            flat = pc.list_flatten(table["minutes"]).to_numpy()
            pairs.append(pair)
            firsts.append(int64s(table["time"]))
            lasts.append(int64s(table["last_time"]))
            owners.append(np.repeat(pair, pc.list_value_length(table["minutes"]).to_numpy() // 2))
            begins.append(flat[0::2])
            ends.append(flat[1::2])
        given = Ranges(np.concatenate(owners), np.concatenate(begins), np.concatenate(ends))
        return self._rows(given, np.concatenate(pairs), np.concatenate(firsts), np.concatenate(lasts))

    def _rows(
        self, given: Ranges, pair: Int64Array, first_us: Int64Array, last_us: Int64Array
    ) -> pa.RecordBatch:
        ranges = union(given.owner, given.first, given.last)
        self.again += int(given.sizes().sum() - ranges.sizes().sum())
        flat, ends = flatten(ranges)
        order = np.argsort(pair, kind="stable")
        pair, first_us, last_us = pair[order], first_us[order], last_us[order]
        starts = group_starts(pair)
        user_id, movie = unpack_pair(pair[starts])
        return record_batch(
            "watch",
            {
                "user_id": pa.array(user_id),
                "movie_id": self._codes.coded(movie),
                "time": times(np.minimum.reduceat(first_us, starts)),
                "last_time": times(np.maximum.reduceat(last_us, starts)),
                "minutes": lists(ends, pa.array(flat)),
            },
        )

    def _one_after_the_other(self, kind: str) -> Iterator[pa.RecordBatch]:
        waiting: list[pa.Table] = []
        for table in self._tables(kind, SCHEMA.names):
            waiting.append(table.cast(SCHEMA))
            if sum(len(part) for part in waiting) >= ROWS_PER_BATCH:
                yield _one_batch(waiting)
                waiting = []
        if waiting:
            yield _one_batch(waiting)

    def _tables(self, kind: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        for path in self._paths:
            file, meta = open_segment(path)
            needed = self._corrections.columns(columns)
            with file:
                for group in groups_of(file, kind):
                    self._check()
                    table = file.read_row_group(group, columns=needed, use_threads=False)
                    found = self._corrections.left(table.filter(is_kind(table, kind)), kind, meta)
                    if len(found):
                        yield found.select(columns)


class _Cursor:
    """The watches of one segment, which are sorted by user, a few at a time."""

    def __init__(self, path: Path, corrections: Corrections) -> None:
        self._file, self._meta = open_segment(path)
        self._corrections = corrections
        self._batches = self._file.iter_batches(
            _ROWS_OF_ONE,
            row_groups=groups_of(self._file, "watch"),
            columns=["kind", *_WATCH_COLUMNS],
            use_threads=False,
        )
        self._rest: pa.Table | None = None

    def take_below(self, limit: int | None) -> Iterator[pa.Table]:
        """Yield the rows of the users below a limit that were not yet taken, all that is left without one."""
        while (part := self._rest or self._next()) is not None:
            self._rest = None
            count = len(part) if limit is None else int(np.searchsorted(part["user_id"].to_numpy(), limit))
            if count:
                yield part.slice(0, count)
            if count < len(part):
                self._rest = part.slice(count)
                return

    def _next(self) -> pa.Table | None:
        for batch in self._batches:
            table = pa.Table.from_batches([batch])
            found = self._corrections.left(table.filter(is_kind(table, "watch")), "watch", self._meta)
            if len(found):
                return found
        return None

    def __enter__(self) -> "_Cursor":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def _one_batch(tables: Sequence[pa.Table]) -> pa.RecordBatch:
    (batch,) = pa.concat_tables(tables).unify_dictionaries().combine_chunks().to_batches()
    return batch
