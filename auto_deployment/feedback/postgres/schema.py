"""The database's tables, as steps from one version to the next; whoever connects takes those that lack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from auto_deployment.feedback.files import FeedbackError

READER = "marquee_reader"
LOCK = 0x6D617271  # of whoever changes the schema, "marq"
# What was released is not changed any more: a new version is a new step at the end.
STEPS = (
    f"""
    CREATE TABLE periods (
        name text NOT NULL,
        period timestamptz NOT NULL,
        facts json NOT NULL,
        PRIMARY KEY (name, period)
    );
    CREATE TABLE impressions (
        request_id text,
        time timestamptz NOT NULL,
        edge_time timestamptz,
        user_id bigint,
        track text,
        release text,
        model_version text,
        source text,
        movies text[],
        status smallint,
        stream_status smallint,
        duration_ms real,
        latency_ms integer
    ) PARTITION BY RANGE (time);
    CREATE INDEX impressions_of_user ON impressions (user_id, time);
    CREATE INDEX impressions_of_release ON impressions (release, time);
    CREATE TABLE outcomes (
        request_id text,
        shown_at timestamptz,
        user_id bigint,
        movie_id text,
        place integer,
        watched_at timestamptz NOT NULL,
        minutes integer,
        share_watched double precision,
        rating double precision,
        rated_at timestamptz
    ) PARTITION BY RANGE (watched_at);
    CREATE INDEX outcomes_of_user ON outcomes (user_id, watched_at);
    CREATE INDEX outcomes_of_request ON outcomes (request_id);
    CREATE TABLE titles (
        day date NOT NULL,
        movie_id text,
        watches bigint
    ) PARTITION BY RANGE (day);
    DO $$ BEGIN
        CREATE ROLE {READER} NOLOGIN;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server has it
        WHEN insufficient_privilege THEN
            RAISE WARNING 'role {READER} is left out: this account may not create roles';
    END $$;
    DO $$ BEGIN
        GRANT SELECT ON schema_steps, periods, impressions, outcomes, titles TO {READER};
    EXCEPTION WHEN undefined_object THEN NULL;
    END $$;
    """,
)
VERSION = len(STEPS)


def prepare(connection: psycopg.Connection[Any], server: str) -> None:
    """Bring the tables to this build's version; raise `FeedbackError` where they are of a later one."""
    version = _version(connection)
    if version < VERSION:
        with changing(connection):
            version = _version(connection)  # somebody else may have done it meanwhile
            _take_steps(connection, version)
            version = max(version, VERSION)
    if version > VERSION:
        raise FeedbackError(
            f"{server} has tables of schema version {version}, and this build knows {VERSION}: "
            "run the build that made them, or use another database."
        )


@contextmanager
def changing(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Be the only one who changes the schema, in a transaction that sees what others did before.

    It begins after the lock: one that waited for it would go on with tables as it had seen them.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # goes with the connection at the latest
    with connection.transaction():
        yield
    connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _take_steps(connection: psycopg.Connection[Any], version: int) -> None:
    if version == 0:
        connection.execute("CREATE TABLE schema_steps (version integer PRIMARY KEY, taken_at timestamptz)")
    for number, step in enumerate(STEPS[version:], version + 1):
        connection.execute(step)
        connection.execute("INSERT INTO schema_steps VALUES (%s, now())", [number])


def _version(connection: psycopg.Connection[Any]) -> int:
    [exists] = connection.execute("SELECT to_regclass('schema_steps') IS NOT NULL").fetchone() or [False]
    if not exists:
        return 0
    [version] = connection.execute("SELECT coalesce(max(version), 0) FROM schema_steps").fetchone() or [0]
    return int(version)
