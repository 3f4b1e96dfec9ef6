"""A partition of each table for each day (UTC): made when its first rows come, removed as a whole."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

from auto_deployment.feedback.postgres.schema import changing
from auto_deployment.feedback.tables import DAY, IMPRESSIONS, OUTCOMES, TABLES, TITLES, FeedbackTable

KEYS = {IMPRESSIONS.name: "time", OUTCOMES.name: "watched_at", TITLES.name: "day"}  # what decides the day
WAIT = "SET LOCAL lock_timeout = '5s'"  # for whoever asks a long question: others wait behind us


def make_partition(connection: psycopg.Connection[Any], table: FeedbackTable, time: datetime) -> None:
    """Let there be a partition for the day of a time."""
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    name = f"{table.name}_{day:%Y%m%d}"
    if _is_there(connection, name):
        return
    with changing(connection):
        if not _is_there(connection, name):
            # `PARTITION OF` would lock out everybody who reads the table; to attach does not.
            connection.execute(f"CREATE TABLE {name} (LIKE {table.name} INCLUDING ALL)")
            connection.execute(
                f"ALTER TABLE {table.name} ATTACH PARTITION {name} "
                f"FOR VALUES FROM ('{day:%Y-%m-%d %H:%M}+00') TO ('{day + DAY:%Y-%m-%d %H:%M}+00')"
            )


def drop_partitions(connection: psycopg.Connection[Any], before: datetime) -> None:
    """Remove the days that ended before a time; raise `LockNotAvailable` where somebody reads them."""
    for name, day in _partitions(connection):
        if day + DAY <= before:
            with connection.transaction():
                connection.execute(WAIT)
                connection.execute(f"DROP TABLE {name}")


def _partitions(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, datetime]]:
    sql = """
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = ANY(%s::regclass[]) ORDER BY 1
    """
    for [name] in connection.execute(sql, [[table.name for table in TABLES]]).fetchall():
        yield name, datetime.strptime(name.rpartition("_")[2], "%Y%m%d").replace(tzinfo=UTC)


def _is_there(connection: psycopg.Connection[Any], name: str) -> bool:
    [found] = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone() or [False]
    return bool(found)
