"""The master's SQLite file: one connection for all threads, and a new file where it is damaged or lost."""

import errno
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.fleet.errors import DatabaseError
from auto_deployment.host.files import replace_text, sync_directory

log = logging.getLogger(__name__)

VERSION = 1
BUSY_S = 5.0
SUFFIXES = "-wal", "-shm", ""
IS_LOST = "its audit, and what nodes were asked to do, is not in this one."
SCHEMA = f"""
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE nodes (
    node TEXT NOT NULL, model TEXT NOT NULL, registered_at REAL NOT NULL, seen_at REAL NOT NULL,
    report TEXT NOT NULL, PRIMARY KEY (node, model)
) STRICT;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, at REAL NOT NULL,
    node TEXT NOT NULL, model TEXT NOT NULL, do TEXT NOT NULL, channel TEXT NOT NULL, version TEXT NOT NULL,
    how TEXT NOT NULL, said TEXT NOT NULL, ended_at REAL
) STRICT;
CREATE INDEX open_orders ON orders (node, model) WHERE ended_at IS NULL;
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, asked TEXT NOT NULL, at REAL NOT NULL,
    who TEXT NOT NULL, address TEXT NOT NULL, what TEXT NOT NULL, before TEXT, after TEXT,
    status INTEGER, answer TEXT
) STRICT;
PRAGMA user_version = {VERSION};
"""
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """The file and the one connection to it. `since` is when it was begun, `lost` says what was before."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path, self._clock = path, clock
        self._begun_mark = path.with_name("begun")  # there was a database: one that is missing is lost
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened = (0, 0)
        self.since, self.lost, self.fault = 0.0, "", ""

    def open(self) -> None:
        """Open the file, or begin a new one; raise `DatabaseError` where neither can be done."""
        with self._turn:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DatabaseError(self._sentence(error)) from error
            found = self._problem()
            if found is None:
                self._read_facts()
            else:
                self._begin(found)

    def close(self) -> None:
        with self._turn:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection; raise `DatabaseError` for what it meets, with a new file begun if need be."""
        with self._turn, self._told():
            yield self._held()

    @contextmanager
    def writing(self, *, safe: bool = True) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, which a power cut does not undo where it is `safe`."""
        with self._turn, self._told():
            connection = self._held()
            connection.execute(f"PRAGMA synchronous = {'FULL' if safe else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            self.fault = ""

    def _held(self) -> sqlite3.Connection:
        """Return the connection; a file that was taken away is noticed here, as SQLite would not."""
        if self._connection is None or _identity(self.path) != self._opened:
            self.close()
            self.open()
        assert self._connection is not None
        return self._connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                self.fault = self._sentence(error)
                raise DatabaseError(self.fault) from error
            self._begin(f"was damaged ({error})")
            raise DatabaseError(
                "The master's database was damaged, and a new one was begun: say it again."
            ) from error

    def _sentence(self, error: Exception) -> str:
        if _code(error) == sqlite3.SQLITE_FULL or getattr(error, "errno", None) == errno.ENOSPC:
            return f"The disk of {self.path.parent} is full: make room, and say it again."
        return f"The master's database {self.path} cannot be used ({error}): see to it, and say it again."

    def _problem(self) -> str | None:
        """Open what is there; return what is wrong with it, an empty text where there never was any."""
        if not self.path.exists():
            return "was gone" if self._begun_mark.exists() else ""
        try:
            self._connect()
            assert self._connection is not None
            (said,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise DatabaseError(self._sentence(error)) from error
            return f"was damaged ({error})"
        if said != "ok":
            return f"was damaged ({said})"
        if version > VERSION:
            raise DatabaseError(f"{self.path} is of a newer version of Marquee: run that one.")
        if version == VERSION:
            return None
        return "was never whole" if self._begun_mark.exists() else ""

    def _begin(self, why: str) -> None:
        """Keep what is there aside, and begin a new file; `why` is empty the first time."""
        self.close()
        now = self._clock()
        self.lost = f"The database before {why}{self._set_aside(now)}: {IS_LOST}" if why else ""
        self.since = now
        try:
            self._remove()  # what never was whole
            self._make(now)
        except (sqlite3.Error, OSError) as error:
            self.close()
            self._remove()  # half begun, it would look like a damaged one
            self.fault = self._sentence(error)
            raise DatabaseError(self.fault) from error
        self.fault = ""
        if why:
            log.error("%s A new one is begun, and nodes register again.", self.lost)

    def _make(self, now: float) -> None:
        self._connect()
        assert self._connection is not None
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA}")
        facts = [("since", repr(now)), ("lost", self.lost)]
        self._connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)
        self._connection.execute("COMMIT")
        replace_text(self._begun_mark, f"{datetime.fromtimestamp(now, UTC).isoformat(timespec='seconds')}\n")

    def _remove(self) -> None:
        for suffix in SUFFIXES:
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def _set_aside(self, now: float) -> str:
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        for suffix in SUFFIXES:
            with suppress(FileNotFoundError):
                os.rename(f"{self.path}{suffix}", f"{aside}{suffix}")
        sync_directory(self.path.parent)
        return f" and is kept as {aside.name}" if aside.exists() else ""

    def _connect(self) -> None:
        self._connection = sqlite3.connect(
            self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._opened = _identity(self.path)

    def _read_facts(self) -> None:
        assert self._connection is not None
        facts = dict(map(tuple, self._connection.execute("SELECT name, value FROM facts")))
        self.since, self.lost = float(facts.get("since", 0.0)), facts.get("lost", "")


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_damage(error: Exception) -> bool:
    return _code(error) in DAMAGED or str(error).startswith("no such table")


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_dev, found.st_ino
