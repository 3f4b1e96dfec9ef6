"""The recent events of an instance in one LMDB file: one process writes, workers read the same memory.

Nothing in it cannot be made again from the feed, so it is not synced to the disk; a writer that is killed
leaves the last finished change. What is damaged or of another version is put aside, and begun anew.
"""

import json
import logging
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import lmdb

from app.recent.events import RecentEvent
from app.recent.presence import Presence
from app.recent.rows import (
    HOUR_S,
    USERS,
    Held,
    bucket_of,
    decode,
    encode,
    merge,
    rating_steps,
    rows_in,
    together,
    user_of,
)

FORMAT = 1
CHECKING, CHECKED = "checking", "checked"
STORE, ASIDE = "store-", "aside"  # a store has a name of its own: readers open the next while one is open
MAX_CODES = 1 << 20  # titles ever heard of
CHUNK = 300  # users or events of one change: what a change touches is in the file twice for a moment
READERS = 512
FULL_SHARE = 0.8
ROWS, CODES, META = b"rows", b"codes", b"meta"

log = logging.getLogger(__name__)


class StoreError(Exception):
    """The store cannot be used as it is: it has to be begun anew."""


def open_store(folder: Path, max_mb: int) -> "RecentStore":
    """Open the store of an instance for writing, or begin one; the caller is the only writer.

    A damaged file may end the process that reads it. So readers wait until one is said to be checked, and a
    mark of checking that is still there says that somebody died of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checking = folder / CHECKING
    if checking.exists():
        begin_anew(folder, "who opened it last did not come back")
    checking.touch()
    path = next(iter(sorted(folder.glob(STORE + "*"))), None) or _new_path(folder)
    try:
        store = RecentStore(path, max_mb)
    except (StoreError, lmdb.Error, OSError, ValueError) as error:
        begin_anew(folder, str(error))
        path = _new_path(folder)
        store = RecentStore(path, max_mb)
    checking.unlink()
    written = folder / f".{CHECKED}"
    written.write_text(path.name, "ascii")
    written.rename(folder / CHECKED)
    return store


def begin_anew(folder: Path, reason: str) -> None:
    """Put the store aside, in the place of one that was put aside before."""
    if _put_aside(folder):
        log.warning(
            "The store of recent events is put aside in %s and begun anew: %s.", folder / ASIDE, reason
        )


def let_go(folder: Path) -> None:
    """Remove the store, with what was put aside: two that are nearly full have no room."""
    _put_aside(folder)
    shutil.rmtree(folder / ASIDE, ignore_errors=True)
    log.warning("The store of recent events is nearly full and begun anew: what is older goes.")


def _put_aside(folder: Path) -> bool:
    (folder / CHECKED).unlink(missing_ok=True)
    found = list(folder.glob(STORE + "*"))
    for path in found:
        shutil.rmtree(folder / ASIDE, ignore_errors=True)
        path.rename(folder / ASIDE)
    return bool(found)


def _new_path(folder: Path) -> Path:
    return folder / f"{STORE}{time.time_ns()}"


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

    def everything(self) -> Iterator[tuple[int, str, int, bool, int | None]]:
        """Yield user, movie, hour, finished and rating of all that is held, whatever order it came in."""
        names = self._read_names()
        with self._env.begin() as txn:
            for key, bucket in txn.cursor(self._rows):
                for place, row in rows_in(bucket).items():
                    user_id = user_of(key, place)
                    for title in sorted(decode(row), key=lambda one: names[one.code]):
                        yield (user_id, names[title.code], *title[1:])

    def _merge(self, txn: Any, key: bytes, news: Mapping[int, Iterable[Held]], since_hour: int) -> None:
        before = rows_in(txn.get(key, db=self._rows, default=b""))
        rows = dict(before)
        for place, titles in news.items():
            held = decode(before.get(place, b""))
            now = merge(held, titles, since_hour)
            if now != held:
                self.events += len(now) - len(held)
                self.users += bool(now) - bool(held)
                rows[place] = encode(now)
        if rows == before:
            return
        if bucket := together(rows):
            txn.put(key, bucket, db=self._rows)
        else:
            txn.delete(key, db=self._rows)

    def _code(self, txn: Any, movie_id: str) -> int | None:
        code = self._codes.get(movie_id)
        if code is None and len(self._codes) < MAX_CODES:
            code = len(self._codes)
            txn.put(code.to_bytes(4, "big"), movie_id.encode(), db=self._names, append=True)
            self._codes[movie_id] = code
        return code

    def _read_names(self) -> list[str]:
        with self._env.begin() as txn:
            return [bytes(name).decode() for _, name in txn.cursor(self._names)]

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
            titles = decode(row)
        except IndexError as error:
            raise StoreError("a row of it is cut off") from error
        if any(title.code >= len(self._codes) for title in titles):
            raise StoreError("a row of it names a title that nobody named")
        return len(titles)

    def _get(self, name: str) -> Any:
        with self._env.begin() as txn:
            found = txn.get(name.encode(), db=self._meta)
        return None if found is None else json.loads(found)
