"""What corrections take away from the rows of segments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from auto_deployment.dataset.arrays import BoolArray, Int64Array, int64s
from auto_deployment.dataset.corrections.names import is_correction, number_of
from auto_deployment.dataset.schema import FORGOTTEN, REMOVED, SegmentMeta, read_segment_table

_COLUMNS = ["kind", "user_id", "movie_id", "time", "last_time"]


class Removal(NamedTuple):
    """Events of one user, movie and kind from one time to another, in microseconds, that no longer count."""

    first_us: int
    last_us: int
    number: int

    def covers(self, first_us: int, last_us: int, number: int) -> bool:
        return number < self.number and self.first_us <= first_us and last_us <= self.last_us


class Wish(NamedTuple):
    """A user's wish to be forgotten: up to when, in microseconds, and the number of the correction."""

    until_us: int
    number: int


Removals = Mapping[tuple[int, str], Sequence[Removal]]


class Corrections:
    """What is taken away: `forgotten` has each forgotten user's latest wish.

    `removals` are by kind of event, then by user and movie. False when nothing is taken away.
    """

    def __init__(self, forgotten: Mapping[int, Wish], removals: Mapping[str, Removals]) -> None:
        self.forgotten = dict(forgotten)
        self._removals = removals
        self._users = np.array(sorted(self.forgotten), np.int64)
        self._until = np.array([self.forgotten[user].until_us for user in self._users.tolist()], np.int64)
        self._corrected = {
            kind: np.array(sorted({user for user, _ in by_pair}), np.int64)
            for kind, by_pair in removals.items()
        }

    def __bool__(self) -> bool:
        return bool(self.forgotten or any(self._removals.values()))

    def removals(self) -> Iterator[tuple[str, int, str, Removal]]:
        """Yield kind, user and movie of each removal, and the removal."""
        for kind, by_pair in self._removals.items():
            for (user_id, movie_id), of_pair in by_pair.items():
                for one in of_pair:
                    yield kind, user_id, movie_id, one

    def columns(self, wanted: Iterable[str]) -> list[str]:
        """Return the columns that have to be read with those that are wanted."""
        return list({*wanted, *(_COLUMNS if self else ("kind",))})

    def left(self, table: pa.Table, kind: str, meta: SegmentMeta) -> pa.Table:
        """Return the rows of one kind that still count; `table` has the `columns` and no other kind."""
        if not self:
            return table
        user_id, time_us = int64s(table["user_id"]), int64s(table["time"])
        gone = self.forgets(user_id, time_us) | self._removed(table, kind, user_id, time_us, number_of(meta))
        return table.filter(pa.array(~gone)) if gone.any() else table

    def forgets(self, user_id: Int64Array, time_us: Int64Array) -> BoolArray:
        """Tell of each event whether its user is forgotten; of a watch the time it was first seen counts."""
        gone = np.isin(user_id, self._users)
        if gone.any():
            gone[gone] = time_us[gone] <= self._until[np.searchsorted(self._users, user_id[gone])]
        return gone

    def _removed(
        self, table: pa.Table, kind: str, user_id: Int64Array, time_us: Int64Array, number: int
    ) -> BoolArray:
        gone = np.zeros(len(user_id), np.bool_)
        removals = self._removals.get(kind)
        if not removals:
            return gone
        rows = np.flatnonzero(np.isin(user_id, self._corrected[kind]))
        movies = table["movie_id"].take(pa.array(rows)).cast(pa.string()).to_pylist()
        last_us = int64s(table["last_time"].take(pa.array(rows)).fill_null(0))
        for row, movie, last in zip(rows.tolist(), movies, last_us.tolist(), strict=True):
            first = int(time_us[row])
            known = removals.get((int(user_id[row]), movie), ())
            gone[row] = any(one.covers(first, max(first, last), number) for one in known)
        return gone


NO_CORRECTIONS = Corrections({}, {})


def read_corrections(paths: Iterable[Path]) -> Corrections:
    """Read what the corrections among these segments take away; raise `SegmentError`."""
    forgotten: dict[int, Wish] = {}
    removals: dict[str, dict[tuple[int, str], list[Removal]]] = {kind: {} for kind in REMOVED}
    for path in filter(is_correction, paths):
        rows, number = _rows(path)
        for kind, user_id, movie_id, first_us, last_us in rows:
            if kind == FORGOTTEN:
                wish = Wish(first_us, number)
                forgotten[user_id] = max(wish, forgotten.get(user_id, wish))
            for event, removed in REMOVED.items():
                if kind == removed:
                    of_pair = removals[event].setdefault((user_id, movie_id), [])
                    of_pair.append(Removal(first_us, last_us, number))
    return Corrections(forgotten, removals)


def _rows(path: Path) -> tuple[list[tuple[str, int, str, int, int]], int]:
    table, meta = read_segment_table(path, _COLUMNS)
    texts = [table[name].cast(pa.string()).to_pylist() for name in ("kind", "movie_id")]
    times = [int64s(table[name].fill_null(0)).tolist() for name in ("user_id", "time", "last_time")]
    rows = zip(texts[0], times[0], texts[1], times[1], times[2], strict=True)
    return list(rows), number_of(meta)
