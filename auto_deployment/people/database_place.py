"""What was shown to a user, and what came of it, where feedback is in PostgreSQL."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from auto_deployment.dataset.builder import microseconds
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.feedback.forgotten import publishing
from auto_deployment.feedback.postgres.copying import columns_of
from auto_deployment.feedback.postgres.database import Database
from auto_deployment.feedback.postgres.partitions import KEYS
from auto_deployment.feedback.postgres.store import claim
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES, FeedbackTable
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.people.places import Held
from auto_deployment.people.segment_place import plain

# When a row happened, as wishes count: as in `feedback.forgotten`.
HAPPENED = {IMPRESSIONS.name: "time", OUTCOMES.name: "least(shown_at, watched_at)"}
COUNTS = {IMPRESSIONS.name: "joined", OUTCOMES.name: "outcomes"}
OF_USER = (IMPRESSIONS, OUTCOMES)


class DatabasePlace:
    """Tables of PostgreSQL. Raises `FeedbackError` where it does not answer: then it is to be asked again."""

    name = "feedback database"

    def __init__(self, database: Database, paths: Paths) -> None:
        self._database, self._root = database, FeedbackLayout(paths.feedback).root

    def report(self, user_id: int) -> dict[str, dict[str, Any]]:
        """Return how many rows each table holds, and the rows."""
        found: dict[str, dict[str, Any]] = {}
        with self._database.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            for table in OF_USER:
                names = ", ".join(columns_of(table))
                sql = f"SELECT {names} FROM {table.name} WHERE user_id = %s ORDER BY {KEYS[table.name]}"
                rows = [_plain(row) for row in cursor.execute(sql, [user_id])]
                if rows:
                    found[table.name] = {"count": len(rows), "rows": rows}
        return found

    def newest(self, user_id: int) -> int | None:
        """Return when the user's newest row happened, in microseconds; None without one."""
        with self._database.connection() as connection:
            times = [self._newest(connection, table, user_id) for table in OF_USER]
        return max((microseconds(time) for time in times if time is not None), default=None)

    def forget(self, wish: Wish) -> int:
        """Remove rows; call after the wish is written down."""
        self._root.mkdir(parents=True, exist_ok=True)
        with publishing(self._root), self._database.connection() as connection, connection.transaction():
            return sum(_forget(connection, table, wish) for table in OF_USER)

    def held(self, wish: Wish) -> Iterator[Held]:
        with self._database.connection() as connection:
            counts = {table.name: _count(connection, table, wish) for table in OF_USER}
        for name, count in counts.items():
            if count:
                again = f"`forget {wish.user_id}` again removes it"
                yield Held(f"{name} in the database", f"{count:,} rows", again)

    def _newest(
        self, connection: psycopg.Connection[Any], table: FeedbackTable, user_id: int
    ) -> datetime | None:
        sql = f"SELECT max({HAPPENED[table.name]}) FROM {table.name} WHERE user_id = %s"
        [time] = connection.execute(sql, [user_id]).fetchone() or [None]
        return time  # type: ignore[no-any-return]  # the driver makes it of the column's type


def _forget(connection: psycopg.Connection[Any], table: FeedbackTable, wish: Wish) -> int:
    key = KEYS[table.name]
    sql = f"DELETE FROM {table.name} WHERE {_covered(table)} RETURNING {key}"
    times = [time for [time] in connection.execute(sql, [wish.user_id, wish.until])]
    for period in sorted({table.begin_of(time) for time in times}):
        found = connection.execute(
            "SELECT facts FROM periods WHERE name = %s AND period = %s", [table.name, period]
        ).fetchone()
        rows = connection.execute(
            f"SELECT count(*) FROM {table.name} WHERE {key} >= %s AND {key} < %s",
            [period, period + table.period],
        ).fetchone()
        if found and rows:
            facts, [left] = found[0], rows
            counts = {**facts["counts"], COUNTS[table.name]: left}
            claim(connection, table.name, period, {**facts, "counts": counts})
    return len(times)


def _count(connection: psycopg.Connection[Any], table: FeedbackTable, wish: Wish) -> int:
    sql = f"SELECT count(*) FROM {table.name} WHERE {_covered(table)}"
    [count] = connection.execute(sql, [wish.user_id, wish.until]).fetchone() or [0]
    return int(count)


def _covered(table: FeedbackTable) -> str:
    return f"user_id = %s AND {HAPPENED[table.name]} <= %s"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items() if value is not None}
