"""Impressions and outcomes in PostgreSQL; DuckDB is shown copies in files, compared before they are used."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pyarrow as pa

from auto_deployment.feedback.files import SCHEMA_VERSION, Facts, FeedbackError
from auto_deployment.feedback.forgotten import publishing
from auto_deployment.feedback.postgres.copying import copy_in, copy_out
from auto_deployment.feedback.postgres.database import Database
from auto_deployment.feedback.postgres.partitions import KEYS, drop_partitions, make_partition
from auto_deployment.feedback.store import ParquetStore
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES, TABLES, TITLES, FeedbackTable
from auto_deployment.paths import FeedbackLayout

# First of all that is done to a period: a writer that was killed may still be ending its own in the server.
CLAIM = """
    INSERT INTO periods (name, period, facts) VALUES (%s, %s, %s)
    ON CONFLICT (name, period) DO UPDATE SET facts = excluded.facts
"""


class PostgresStore:
    """Each period is written in one transaction, and gets a mark by which a copy is known to be of it.

    Raises `FeedbackError` where PostgreSQL does not answer or refuses something.
    """

    def __init__(self, database: Database, root: Path) -> None:
        self._database, self._root = database, root
        self._folder = FeedbackLayout(root).copies
        self._copies = ParquetStore(self._folder)

    def facts(self, table: FeedbackTable) -> dict[datetime, Facts]:
        with self._database.connection() as connection:
            return _facts(connection, table)

    def replace(self, table: FeedbackTable, period: datetime, rows: pa.Table, facts: Facts) -> None:
        marked = {**facts, "mark": uuid4().hex}
        with self._database.connection() as connection:
            make_partition(connection, table, period)
            with connection.transaction():
                connection.execute(CLAIM, [table.name, period, json.dumps(marked)])
                connection.execute(f"DELETE FROM {table.name} WHERE {_within(table)}", _span(table, period))
                copy_in(connection, table, rows)
        self._copies.replace(table, period, rows, marked)

    def take_over(self, files: ParquetStore) -> int:
        """Move what was kept in files before there was a database into it; return how many periods."""
        moved = 0
        there = {table.name: self.facts(table) for table in (IMPRESSIONS, TITLES, OUTCOMES)}
        for table in (IMPRESSIONS, TITLES, OUTCOMES):  # a day counts as made when its outcomes are there
            for period in sorted(files.periods(table)):
                with publishing(self._root):
                    if period not in there[table.name]:
                        facts = files.facts_of(table, period)
                        self.replace(table, period, files.rows(table, period), facts)
                        moved += 1
                    files.remove(table, period)
        return moved

    def remove_before(self, time: datetime) -> int:
        removed = 0
        with self._database.connection() as connection:
            drop_partitions(connection, time)
            day = time.replace(hour=0, minute=0, second=0, microsecond=0)
            for table in TABLES:
                sql = "DELETE FROM periods WHERE name = %s AND period < %s"
                removed += connection.execute(sql, [table.name, day]).rowcount
        self._copies.remove_before(day)
        return removed

    def show(self, connection: duckdb.DuckDBPyConnection, since: datetime | None) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._database.connection() as server:
            for table in TABLES:
                self._bring_copies(server, table, since)
        self._copies.show(connection, since)

    def _bring_copies(
        self, server: psycopg.Connection[Any], table: FeedbackTable, since: datetime | None
    ) -> None:
        theirs = _facts(server, table)
        for period in self._copies.periods(table) - theirs.keys():
            self._copies.remove(table, period)
        for period, facts in theirs.items():
            wanted = since is None or period + table.period > since
            if wanted and not self._has_copy(table, period, facts):
                # Whoever forgets a user takes this lock: no copy of before appears later.
                with publishing(self._root):
                    self._bring_copy(server, table, period)

    def _has_copy(self, table: FeedbackTable, period: datetime, facts: Facts) -> bool:
        try:
            return self._copies.facts_of(table, period) == {"schema": SCHEMA_VERSION, **facts}
        except (FeedbackError, FileNotFoundError):  # a damaged copy is as good as none
            return False

    def _bring_copy(self, server: psycopg.Connection[Any], table: FeedbackTable, period: datetime) -> None:
        with server.transaction():
            server.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            facts = _facts(server, table).get(period)
            rows = copy_out(server, table, _within(table), _span(table, period))
        if facts is not None:
            self._copies.replace(table, period, rows, facts)


def _facts(connection: psycopg.Connection[Any], table: FeedbackTable) -> dict[datetime, Mapping[str, Any]]:
    sql = "SELECT period, facts FROM periods WHERE name = %s ORDER BY period"
    return dict(connection.execute(sql, [table.name]).fetchall())


def claim(connection: psycopg.Connection[Any], name: str, period: datetime, facts: Facts) -> None:
    """Say what a period holds from this transaction on; copies of before are none any more."""
    connection.execute(CLAIM, [name, period, json.dumps({**facts, "mark": uuid4().hex})])


def _within(table: FeedbackTable) -> str:
    return f"{KEYS[table.name]} >= %s AND {KEYS[table.name]} < %s"


def _span(table: FeedbackTable, period: datetime) -> list[Any]:
    times = [period, period + table.period]
    return [time.date() for time in times] if table == TITLES else times
