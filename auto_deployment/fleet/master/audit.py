"""Every operation under the name that its caller gave it: done once, answered the same each time, kept."""

import hashlib
import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.fleet.errors import ChangedError, DatabaseError, MissingError, RejectedError, UsedError
from auto_deployment.fleet.master.database import Database

log = logging.getLogger(__name__)

Plain = Mapping[str, Any]
# What an operation may be refused with for good: the answer is kept. Anything else may be tried again.
STATUS: Mapping[type[MarqueeError], int] = {
    MissingError: 404, ChangedError: 409, UsedError: 409, RejectedError: 409, BadInputError: 422,
}  # fmt: skip
BEGIN = """
INSERT INTO audit (key, asked, at, who, address, what) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO NOTHING
"""
SHOWN = "SELECT number, key, at, who, address, what, before, after, status, answer FROM audit"
END = "UPDATE audit SET before = ?, after = ?, status = ?, answer = ? WHERE key = ?"


NOT_COMPARED = ("expected",)  # a caller who looks before each try finds its own change there
NOT_KEPT = "It was done or refused, but not written down: say it again with the same Idempotency-Key."


class KeyReusedError(BadInputError):
    """A key came with another operation than before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants what: `key` names it, `who` is a name as its caller says it, `what` says it all."""

    key: str
    who: str
    address: str
    what: Plain


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of it, now and whenever it is said again; `detail` is the sentence of a refusal."""

    status: int
    body: Plain
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation has changed; `write` stores what belongs to it in the same transaction."""

    before: object
    after: object
    body: Plain
    write: Callable[[sqlite3.Connection], None] = field(default=lambda connection: None)


class Operation(Protocol):
    """What is asked for, wherever it is written down."""

    def before(self) -> object:
        """Return what is there now, or raise a refusal."""

    def do(self, *, again: bool) -> Done:
        """Do it, or raise a refusal; `again` where that was begun before, and may have been done in part."""


class Audit:
    """Does one operation at a time."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock
        self._turn = threading.Lock()

    def run(self, asked: Asked, operation: Operation) -> Answer:
        """Do what is asked, unless that was done under this key already; return the answer.

        Raises `KeyReusedError`, and what may be otherwise soon (`StoreError`, `DatabaseError`): nothing but
        that it was asked is written down then.
        """
        same = {name: value for name, value in asked.what.items() if name not in NOT_COMPARED}
        digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
        with self._turn:
            with self._database.writing() as connection:
                words = (digest, self._clock(), asked.who, asked.address, json.dumps(asked.what))
                connection.execute(BEGIN, (asked.key, *words))
                row = connection.execute("SELECT * FROM audit WHERE key = ?", (asked.key,)).fetchone()
            if row["asked"] != digest:
                raise KeyReusedError(
                    "This Idempotency-Key came with another operation before: take a new one for each."
                )
            if row["status"] is not None:
                return Answer(row["status"], json.loads(row["answer"]), is_again=True)
            return self._do(asked.key, operation, row["before"])

    def _do(self, key: str, operation: Operation, known: str | None) -> Answer:
        before: object = None
        try:
            before = operation.before() if known is None else json.loads(known)
            if known is None:
                with self._database.writing() as connection:
                    connection.execute("UPDATE audit SET before = ? WHERE key = ?", (json.dumps(before), key))
            done = operation.do(again=known is not None)
        except tuple(STATUS) as error:
            status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
            done = Done(before, None, {"detail": str(error), **getattr(error, "also", {})})
        else:
            status = 200
        self._end(key, before, done, status)
        log.info("%s: %d", key, status)
        return Answer(status, done.body)

    def _end(self, key: str, before: object, done: Done, status: int) -> None:
        try:
            with self._database.writing() as connection:
                words = (json.dumps(before), json.dumps(done.after), status, json.dumps(done.body), key)
                if connection.execute(END, words).rowcount == 0:  # a new database was begun meanwhile
                    raise DatabaseError(NOT_KEPT)
                done.write(connection)
        except DatabaseError as error:
            raise DatabaseError(f"{error} {NOT_KEPT}" if str(error) != NOT_KEPT else NOT_KEPT) from error

    def rows(self, limit: int, before: int | None) -> list[dict[str, Any]]:
        """Return what was asked, the newest first, from before a number on."""
        with self._database.reading() as connection:
            found = connection.execute(
                f"{SHOWN} WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?", (before, before, limit)
            ).fetchall()
        return [dict(row) for row in found]

    def named(self, key: str) -> dict[str, Any] | None:
        with self._database.reading() as connection:
            row = connection.execute(f"{SHOWN} WHERE key = ?", (key,)).fetchone()
        return None if row is None else dict(row)
