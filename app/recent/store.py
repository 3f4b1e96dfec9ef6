"""The recent events of an instance: one process writes, workers read the same memory.

What users did is in a table of our own, which every request reads; the names of titles and the facts, which
are read once a second, are in LMDB. Nothing of it cannot be made again from the feed, so it is not synced
to the disk; a writer that is killed leaves the last finished change. What is damaged or of another version
is put aside, and begun anew.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import lmdb

from app.recent.events import Forgotten, RecentEvent
from app.recent.rows import (
    HOUR_S,
    Held,
    codes,
    decode,
    encode,
    group_of,
    mark_of,
    merge,
    rating_steps,
    rows_in,
    together,
    user_of,
    with_newest,
)
from app.recent.table import Table, WrittenTable

FORMAT = 2
MAX_CODES = 1 << 20  # titles ever heard of
FACTS_BYTES = 128 << 20  # the most that their names and the facts may take
CHUNK = 1000  # users or events of one step
READERS = 512
FULL_SHARE = 0.8
CODES, META = b"codes", b"meta"
FORGOTTEN = "forgotten"


class StoreError(Exception):
    """The store cannot be used as it is: it has to be begun anew."""


class HeldTitle(NamedTuple):
    """What is held of a title and a user, without the store's own numbers."""

    user_id: int
    movie_id: str
    hour: int
    finished: bool
    rating: int | None


def titles_of(table: Table, movie_ids: list[str]) -> Iterator[HeldTitle]:
    """Yield all that is held, a user's titles in the order of their ids, whatever order they came in."""
    for group in table.groups():
        for place, row in rows_in(table.get(group)).items():
            for title in sorted(decode(row), key=lambda one: movie_ids[one.code]):
                yield HeldTitle(user_of(group, place), movie_ids[title.code], *title[1:])


def names_of(txn: Any, names: Any) -> list[str]:
    """Return the movie ids of a store, that of code 0 first."""
    return [bytes(name).decode() for _, name in txn.cursor(names)]


class RecentStore:
    """What the one writer does. Raises `lmdb.Error` or `TableError` when a file cannot take it."""

    def __init__(self, path: Path, max_mb: int) -> None:
        """Open and look through the store; raise what says that it cannot be used."""
        self._env = lmdb.open(
            str(path), map_size=FACTS_BYTES, max_dbs=4, max_readers=READERS, sync=False, metasync=False
        )
        try:
            self._names, self._meta = (self._env.open_db(name) for name in (CODES, META))
            found = self._get("format")
            if found not in (None, FORMAT):
                raise StoreError(f"it has format {found!r}, this service reads {FORMAT}")
            self._table = WrittenTable(path, max_mb << 20)
            self._codes = {name: code for code, name in enumerate(self._read_names())}
            self.users, self.events = self._count()
            # Who is answered as if he were new, and up to when what he did does not count.
            self.forgotten = {int(user): int(until) for user, until in (self._get(FORGOTTEN) or {}).items()}
            self.put({"format": FORMAT})
        except BaseException:
            self._env.close()
            raise
        self.untitled = 0  # events of more titles than there are codes

    def close(self) -> None:
        self._table.close()
        self._env.close()

    @property
    def is_nearly_full(self) -> bool:
        return self._table.used_share > FULL_SHARE

    def tidy(self) -> None:
        """Let go of what readers held who were killed; else the file would grow for them."""
        self._env.reader_check()

    def facts(self) -> dict[str, Any]:
        """Return what was put."""
        names = ("position", "since_s", "model_s", "forget_after", "status")
        return {name: found for name in names if (found := self._get(name)) is not None}

    def put(self, facts: Mapping[str, Any]) -> None:
        with self._env.begin(write=True) as txn:
            for name, value in facts.items():
                txn.put(name.encode(), json.dumps(value).encode(), db=self._meta)

    def apply(self, events: Sequence[RecentEvent], since_s: int) -> None:
        """Take events in one step; those of before a time are left out."""
        self._name(event.movie_id for event in events)
        news: dict[int, dict[int, list[Held]]] = {}
        for event in events:
            code = self._codes.get(event.movie_id)
            if code is None:
                self.untitled += 1
                continue
            steps = None if event.rating is None else rating_steps(event.rating)
            held = Held(code, event.time_s // HOUR_S, event.finished, steps)
            group, place = group_of(event.user_id)
            news.setdefault(group, {}).setdefault(place, []).append(held)
        for group, of_users in news.items():
            self._merge(group, of_users, since_s // HOUR_S)

    def forget_before(self, since_s: int, after: int = -1) -> int | None:
        """Forget what is older, of some users after a group; return the last one, None at the end."""
        groups = list(islice(self._table.groups(after), CHUNK))
        for group in groups:
            everybody: dict[int, list[Held]] = {place: [] for place in rows_in(self._table.get(group))}
            self._merge(group, everybody, since_s // HOUR_S)
        return groups[-1] if len(groups) == CHUNK else None

    def forget_user(self, wish: Forgotten) -> None:
        """Drop all that is held of a user, and remember up to when what he did does not count.

        Heard again it changes nothing: what the user has done since stays.
        """
        if wish.time_s <= self.forgotten.get(wish.user_id, -1):
            return
        group, place = group_of(wish.user_id)
        before = rows_in(self._table.get(group))
        if row := before.pop(place, None):
            self.users, self.events = self.users - 1, self.events - len(codes(row))
            self._put(group, before)
        # Last: whoever is killed in between hears it again.
        self._remember({**self.forgotten, wish.user_id: wish.time_s})

    def remember(self, forgotten: Mapping[int, int]) -> None:
        """Hold these users as forgotten, and no others."""
        if forgotten != self.forgotten:
            self._remember(forgotten)

    def everything(self) -> Iterator[HeldTitle]:
        """Yield all that is held."""
        yield from titles_of(self._table, self._read_names())

    def _merge(self, group: int, news: Mapping[int, list[Held]], since_hour: int) -> None:
        before = rows_in(self._table.get(group))
        rows = dict(before)
        for place, titles in news.items():
            row = before.get(place, b"")
            if (now := self._merged(row, titles, since_hour)) != row:
                rows[place] = now
        if rows != before:
            self._put(group, rows)

    def _put(self, group: int, rows: Mapping[int, bytes]) -> None:
        marks = 0
        for place in rows:
            marks |= mark_of(place)
        self._table.put(group, together(rows), marks)

    def _merged(self, row: bytes, titles: list[Held], since_hour: int) -> bytes:
        if len(titles) == 1 and (quickly := with_newest(row, titles[0], since_hour)) is not None:
            self.events += 1
            return quickly
        held = decode(row)
        now = merge(held, titles, since_hour)
        if now == held:
            return row
        self.events += len(now) - len(held)
        self.users += bool(now) - bool(held)
        return encode(now)

    def _remember(self, forgotten: Mapping[int, int]) -> None:
        self.put({FORGOTTEN: forgotten})
        self.forgotten = dict(forgotten)

    def _name(self, movie_ids: Iterable[str]) -> None:
        """Give each title a number, as long as there are some."""
        new = list(dict.fromkeys(movie for movie in movie_ids if movie not in self._codes))
        if not new:
            return
        named = dict(zip(new, range(len(self._codes), MAX_CODES), strict=False))
        with self._env.begin(write=True) as txn:
            for movie_id, code in named.items():
                txn.put(code.to_bytes(4, "big"), movie_id.encode(), db=self._names, append=True)
        self._codes.update(named)

    def _read_names(self) -> list[str]:
        with self._env.begin() as txn:
            return names_of(txn, self._names)

    def _count(self) -> tuple[int, int]:
        """Return how many users and events are held.

        Every row is read: what is damaged shows now, not to a worker.
        """
        users = events = 0
        for group in self._table.groups():
            rows = rows_in(self._table.get(group))
            users += len(rows)
            events += sum(map(self._titles_in, rows.values()))
        return users, events

    def _titles_in(self, row: bytes) -> int:
        try:
            titles = codes(row)
        except IndexError as error:
            raise StoreError("a row of it is cut off") from error
        if titles and max(titles) >= len(self._codes):
            raise StoreError("a row of it names a title that nobody named")
        return len(titles)

    def _get(self, name: str) -> Any:
        with self._env.begin() as txn:
            found = txn.get(name.encode(), db=self._meta)
        return None if found is None else json.loads(found)
