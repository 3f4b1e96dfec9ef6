"""The recent events of an instance in one LMDB file: one process writes, workers read the same memory.

Nothing in it cannot be made again from the feed, so it is not synced to the disk; a writer that is killed
leaves the last finished change. What is damaged or of another version is put aside, and begun anew.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import lmdb

from app.recent.events import Forgotten, RecentEvent
from app.recent.presence import Presence
from app.recent.rows import (
    HOUR_S,
    USERS,
    Held,
    bucket_of,
    codes,
    decode,
    encode,
    merge,
    rating_steps,
    rows_in,
    together,
    user_of,
    with_newest,
)

FORMAT = 1
MAX_CODES = 1 << 20  # titles ever heard of
CHUNK = 300  # users or events of one change: what a change touches is in the file twice for a moment
READERS = 512
FULL_SHARE = 0.8
ROWS, CODES, META = b"rows", b"codes", b"meta"
FORGOTTEN = "forgotten"
MOST_SHARING = 1024  # users looked through before a bit may go


class StoreError(Exception):
    """The store cannot be used as it is: it has to be begun anew."""


class HeldTitle(NamedTuple):
    """What is held of a title and a user, without the store's own numbers."""

    user_id: int
    movie_id: str
    hour: int
    finished: bool
    rating: int | None


def titles_of(txn: Any, rows: Any, names: Any) -> Iterator[HeldTitle]:
    """Yield all that is held, a user's titles in the order of their ids, whatever order they came in."""
    movie_ids = names_of(txn, names)
    for key, bucket in txn.cursor(rows):
        for place, row in rows_in(bucket).items():
            for title in sorted(decode(row), key=lambda one: movie_ids[one.code]):
                yield HeldTitle(user_of(key, place), movie_ids[title.code], *title[1:])


def names_of(txn: Any, names: Any) -> list[str]:
    """Return the movie ids of a store, that of code 0 first."""
    return [bytes(name).decode() for _, name in txn.cursor(names)]


class RecentStore:
    """What the one writer does. Raises `lmdb.Error` when the file cannot take it."""

    def __init__(self, path: Path, max_mb: int) -> None:
        """Open and look through the store; raise `StoreError` or `lmdb.Error` when it cannot be used."""
        self._env = lmdb.open(
            str(path), map_size=max_mb << 20, max_dbs=4, max_readers=READERS, sync=False, metasync=False
        )
        try:
            self._rows, self._names, self._meta = (self._env.open_db(name) for name in (ROWS, CODES, META))
            found = self._get("format")
            if found not in (None, FORMAT):
                raise StoreError(f"it has format {found!r}, this service reads {FORMAT}")
            self._max_bytes = max_mb << 20
            self._presence = Presence(path, create=True)
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
        self._presence.close()
        self._env.close()

    @property
    def is_nearly_full(self) -> bool:
        with self._env.begin() as txn:
            stat = txn.stat(self._rows)
        used = (stat["leaf_pages"] + stat["branch_pages"]) * stat["psize"]
        return bool(used > FULL_SHARE * self._max_bytes)

    def tidy(self) -> None:
        """Let go of what readers held who were killed; else the file would grow for them."""
        self._env.reader_check()

    def facts(self) -> dict[str, Any]:
        """Return what was put."""
        names = ("position", "since_s", "model_s", "status")
        return {name: found for name in names if (found := self._get(name)) is not None}

    def put(self, facts: Mapping[str, Any]) -> None:
        with self._env.begin(write=True) as txn:
            for name, value in facts.items():
                txn.put(name.encode(), json.dumps(value).encode(), db=self._meta)

    def apply(self, events: Iterable[RecentEvent], since_s: int) -> None:
        """Take events in one step; those of before a time are left out."""
        news: dict[bytes, dict[int, list[Held]]] = {}
        with self._env.begin(write=True) as txn:
            for event in events:
                code = self._code(txn, event.movie_id)
                if code is None:
                    self.untitled += 1
                    continue
                steps = None if event.rating is None else rating_steps(event.rating)
                held = Held(code, event.time_s // HOUR_S, event.finished, steps)
                key, place = bucket_of(event.user_id)
                news.setdefault(key, {}).setdefault(place, []).append(held)
            for key in sorted(news):
                for place in news[key]:
                    self._presence.add(user_of(key, place))
                self._merge(txn, key, news[key], since_s // HOUR_S)

    def forget_before(self, since_s: int, after: bytes = b"") -> bytes | None:
        """Forget what is older, of some users after a key; return the last of them, None at the end."""
        everybody: dict[int, list[Held]] = {place: [] for place in range(USERS)}
        with self._env.begin(write=True) as txn:
            cursor = txn.cursor(self._rows)
            found = cursor.set_range(after) if after else cursor.first()
            if found and cursor.key() == after:
                found = cursor.next()
            keys = list(islice(cursor.iternext(values=False), CHUNK)) if found else []
            for key in keys:
                self._merge(txn, key, everybody, since_s // HOUR_S)
        return keys[-1] if len(keys) == CHUNK else None

    def forget_user(self, wish: Forgotten) -> None:
        """Drop all that is held of a user, and remember up to when what he did does not count.

        Heard again it changes nothing: what the user has done since stays.
        """
        if wish.time_s <= self.forgotten.get(wish.user_id, -1):
            return
        key, place = bucket_of(wish.user_id)
        with self._env.begin(write=True) as txn:
            before = rows_in(txn.get(key, db=self._rows, default=b""))
            if row := before.pop(place, None):
                self.users, self.events = self.users - 1, self.events - len(decode(row))
                self._put_rows(txn, key, before)
            self._remember(txn, {**self.forgotten, wish.user_id: wish.time_s})
            sharing = self._presence.sharing(wish.user_id)
            is_alone = len(sharing) <= MOST_SHARING and not any(self._has(txn, one) for one in sharing)
        if is_alone:
            self._presence.remove(wish.user_id)

    def remember(self, forgotten: Mapping[int, int]) -> None:
        """Hold these users as forgotten, and no others."""
        if forgotten != self.forgotten:
            with self._env.begin(write=True) as txn:
                self._remember(txn, forgotten)

    def everything(self) -> Iterator[HeldTitle]:
        """Yield all that is held."""
        with self._env.begin() as txn:
            yield from titles_of(txn, self._rows, self._names)

    def _merge(self, txn: Any, key: bytes, news: Mapping[int, list[Held]], since_hour: int) -> None:
        before = rows_in(txn.get(key, db=self._rows, default=b""))
        rows = dict(before)
        for place, titles in news.items():
            row = before.get(place, b"")
            if (now := self._merged(row, titles, since_hour)) != row:
                rows[place] = now
        if rows != before:
            self._put_rows(txn, key, rows)

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

    def _put_rows(self, txn: Any, key: bytes, rows: Mapping[int, bytes]) -> None:
        if bucket := together(rows):
            txn.put(key, bucket, db=self._rows)
        else:
            txn.delete(key, db=self._rows)

    def _remember(self, txn: Any, forgotten: Mapping[int, int]) -> None:
        txn.put(FORGOTTEN.encode(), json.dumps(forgotten).encode(), db=self._meta)
        self.forgotten = dict(forgotten)

    def _has(self, txn: Any, user_id: int) -> bool:
        key, place = bucket_of(user_id)
        return place in rows_in(txn.get(key, db=self._rows, default=b""))

    def _code(self, txn: Any, movie_id: str) -> int | None:
        code = self._codes.get(movie_id)
        if code is None and len(self._codes) < MAX_CODES:
            code = len(self._codes)
            txn.put(code.to_bytes(4, "big"), movie_id.encode(), db=self._names, append=True)
            self._codes[movie_id] = code
        return code

    def _read_names(self) -> list[str]:
        with self._env.begin() as txn:
            return names_of(txn, self._names)

    def _count(self) -> tuple[int, int]:
        """Return how many users and events are held.

        Every row is read: what is damaged shows now, not to a worker.
        """
        users = events = 0
        with self._env.begin() as txn:
            for key, bucket in txn.cursor(self._rows):
                for place, row in rows_in(bucket).items():
                    self._presence.add(user_of(key, place))
                    users += 1
                    events += self._titles_in(row)
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
