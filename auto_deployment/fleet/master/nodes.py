"""Who is there: the last report of each node, in memory and in the database, and what each is asked to do."""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auto_deployment.fleet.errors import DatabaseError, MissingError, UsedError
from auto_deployment.fleet.master.database import Database
from auto_deployment.fleet.master.report import Report
from auto_deployment.fleet.orders import UNDER_WAY, Order
from auto_deployment.host.codec import from_plain, to_plain
from auto_deployment.host.durations import duration
from auto_deployment.host.faults import Faults

log = logging.getLogger(__name__)

OPEN = "SELECT id, do, channel, version FROM orders WHERE node = ? AND model = ? AND ended_at IS NULL"
OF_KEY = "SELECT id, at, node, model, do, channel, version, how, said, ended_at FROM orders WHERE key = ?"
KEEP = """
INSERT INTO nodes VALUES (?, ?, ?, ?, ?)
ON CONFLICT (node, model) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report
"""


@dataclass(frozen=True, slots=True)
class Node:
    """An agent as it was heard last; times are the master's, in seconds since 1970."""

    name: str
    registered_at: float
    seen_at: float
    report: Report


class Nodes:
    """The fleet. What the database cannot take now stays in memory, and is written with the next report."""

    def __init__(self, database: Database, clock: Callable[[], float], silent_s: float) -> None:
        self._database, self._clock, self.silent_s = database, clock, silent_s
        self._turn = threading.Lock()
        self._known: dict[tuple[str, str], Node] = {}
        self._faults = Faults("Keeping a report")
        self.started_at = clock()

    def load(self) -> None:
        """Read who was there before the master started."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM nodes").fetchall()
        for row in rows:
            try:
                report = from_plain(Report, json.loads(row["report"]))
            except ValueError as error:  # of another version: its next report is in the form of this one
                log.warning("The last report of %s cannot be read: %s", row["node"], error)
                continue
            self._known[row["node"], row["model"]] = Node(
                row["node"], row["registered_at"], row["seen_at"], report
            )

    def all(self) -> list[Node]:
        with self._turn:
            return sorted(self._known.values(), key=lambda one: (one.name, one.report.model))

    def named(self, name: str) -> list[Node]:
        """Return a node's agents; raise `MissingError` where there is none."""
        found = [one for one in self.all() if one.name == name]
        if not found:
            raise MissingError(f"No node {name} has registered: GET /nodes says who has.")
        return found

    def is_silent(self, node: Node) -> bool:
        """Tell whether a node has left without a word; what nobody could hear does not count."""
        return self._clock() - max(node.seen_at, self.started_at) > self.silent_s

    def unsure_until(self) -> float:
        """Return until when nodes may be missing that serve: after a database was begun anew."""
        return self._database.since + self.silent_s if self._database.lost else 0.0

    def take(self, name: str, report: Report) -> tuple[Order, ...]:
        """Keep a report, and return what the node is still asked to do."""
        now, key = self._clock(), (name, report.model)
        with self._turn:
            before = self._known.get(key)
            self._known[key] = node = Node(name, before.registered_at if before else now, now, report)
        if before is None:
            log.info("%s has registered for %s", name, report.model)
        try:
            with self._database.writing(safe=False) as connection:
                text = json.dumps(to_plain(report))
                connection.execute(KEEP, (*key, node.registered_at, now, text))
                _note(connection, key, report, now)
                return tuple(Order(**dict(row)) for row in connection.execute(f"{OPEN} ORDER BY number", key))
        except DatabaseError as error:  # the node goes on, and is shown
            self._faults.log(error, datetime.fromtimestamp(now, UTC))
            raise

    def need_silent(self, name: str) -> None:
        """Raise `UsedError` for a node that is there."""
        for node in self.named(name):
            if not self.is_silent(node):
                ago = duration(self._clock() - node.seen_at)
                raise UsedError(f"{name} was heard {ago} ago: end its agent first.")

    def forget(self, connection: sqlite3.Connection, name: str) -> None:
        """Take a node off the list, with what it was asked."""
        connection.execute("DELETE FROM nodes WHERE node = ?", (name,))
        connection.execute("DELETE FROM orders WHERE node = ? AND ended_at IS NULL", (name,))
        with self._turn:
            self._known = {key: node for key, node in self._known.items() if node.name != name}

    def orders(self, key: str) -> list[dict[str, Any]]:
        """Return what an operation has asked of nodes, and what came of it."""
        with self._database.reading() as connection:
            found = connection.execute(f"{OF_KEY} ORDER BY node, model", (key,)).fetchall()
        return [dict(row) for row in found]

    def asked_for(self, model: str, version: str) -> str | None:
        """Return a node that is asked to bring a version and has not yet."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT node FROM orders WHERE ended_at IS NULL AND model = ? AND version = ? ORDER BY node",
                (model, version),
            ).fetchone()
        return None if row is None else str(row["node"])

    def open_orders(self) -> int:
        with self._database.reading() as connection:
            (count,) = connection.execute("SELECT count(*) FROM orders WHERE ended_at IS NULL").fetchone()
        return int(count)


def _note(connection: sqlite3.Connection, key: tuple[str, str], report: Report, now: float) -> None:
    """Write down what came of a node's own orders."""
    for id_, outcome in report.outcomes.items():
        ended = None if outcome.how == UNDER_WAY else now
        connection.execute(
            "UPDATE orders SET how = ?, said = ?, ended_at = ? "
            "WHERE id = ? AND node = ? AND model = ? AND ended_at IS NULL",
            (outcome.how, outcome.said, ended, id_, *key),
        )
