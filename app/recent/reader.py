"""A worker's view of the store: read while another process writes it, opened anew when it was begun anew."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import lmdb

from app.recent.opening import CHECKED
from app.recent.rows import group_of, mark_of, row_in
from app.recent.store import CODES, FORGOTTEN, META, READERS
from app.recent.table import Table

log = logging.getLogger(__name__)


class _Open(NamedTuple):
    env: Any
    codes: Any
    meta: Any
    table: Table
    name: str

    def close(self) -> None:
        self.table.close()
        self.env.close()


class RecentReader:
    """Reads what is held. `refresh` is called once a second; what it found is in the attributes."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._now = now
        self._open: _Open | None = None
        self._left: _Open | None = None
        self.movies: list[str] = []  # the id of each code; another list when the store was begun anew
        self.status: dict[str, Any] = {}
        self.forgotten: frozenset[int] = frozenset()  # users to be answered as if they were new
        self._forgotten_as_read = b""

    @property
    def age_s(self) -> float | None:
        """Return how old what is held is, None before anything is known of it."""
        until_s = self.status.get("until_s")
        return None if until_s is None else max(self._now() - float(until_s), 0.0)

    @property
    def name(self) -> str:
        """Return which store is read, empty for none."""
        return "" if self._open is None else self._open.name

    def row(self, user_id: int) -> bytes | None:
        """Return what is held of a user, encoded; None where nothing is, or no store."""
        opened = self._open
        if opened is None:
            return None
        group, place = group_of(user_id)
        kept = opened.table.get(group, mark_of(place))
        return row_in(kept, place) if kept else None

    def refresh(self) -> None:
        """Look whether the store is another one, and take over what is new of its facts."""
        try:
            self._reopen()
            if self._open is not None:
                self._read(self._open)
        except (lmdb.Error, OSError, ValueError) as error:
            log.debug("The store of recent events is not there: %s", error)
            self._leave()

    def _reopen(self) -> None:
        name = (self._folder / CHECKED).read_text("ascii")
        if self._left is not None:  # no request is that old
            self._left.close()
            self._left = None
        if self._open is not None and self._open.name == name:
            return
        self._leave()
        path = self._folder / name
        table = Table(path)
        env = lmdb.open(str(path), readonly=True, create=False, max_dbs=4, max_readers=READERS)
        codes, meta = (env.open_db(db, create=False) for db in (CODES, META))
        self._open = _Open(env, codes, meta, table, name)

    def _read(self, opened: _Open) -> None:
        with opened.env.begin() as txn:
            cursor = txn.cursor(opened.codes)
            if cursor.set_range(len(self.movies).to_bytes(4, "big")):
                self.movies.extend(bytes(name).decode() for name in cursor.iternext(keys=False))
            forgotten = bytes(txn.get(FORGOTTEN.encode(), db=opened.meta, default=b""))
            if forgotten != self._forgotten_as_read:
                self.forgotten = frozenset(map(int, json.loads(forgotten or b"{}")))
                self._forgotten_as_read = forgotten
            self.status = json.loads(txn.get(b"status", db=opened.meta, default=b"{}"))

    def _leave(self) -> None:
        """Use the store no longer; it is closed at the next look, as a request may be in it."""
        if self._open is not None:
            self._left, self._open = self._open, None
        self.movies, self.status = [], {}

    def close(self) -> None:
        """Use the store no longer, at once."""
        for _ in range(2):
            if self._left is not None:
                self._left.close()
                self._left = None
            self._leave()
