"""Connections to PostgreSQL, and what it refuses in one sentence each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import errors

from auto_deployment.feedback.files import FeedbackError
from auto_deployment.feedback.postgres.schema import prepare

# A server that vanishes without a word is given up within a minute.
PATIENCE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
MEANWHILE = "Nothing is lost meanwhile, and it is tried again."


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is and how to get in. Each piece of work has a connection of its own: none can go stale."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)  # where the URL has none

    @property
    def server(self) -> str:
        """Return its name for people, without the password."""
        parts = urlsplit(self.url)
        place = parts.netloc.rpartition("@")[2] or "localhost"
        return f"PostgreSQL at {place}{parts.path}"

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """Yield a connection whose tables are of this build; raise `FeedbackError` for what is refused.

        Each statement counts at once but for those within `connection.transaction()`.
        """
        with self._explained():
            given = PATIENCE if self.password is None else {**PATIENCE, "password": self.password}
            with psycopg.connect(self.url, autocommit=True, **given) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("SET client_encoding = 'UTF8'")
                prepare(connection, self.server)
                yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            reason = " ".join(str(error).split())
            raise FeedbackError(self._sentence(error, reason)) from error

    def _sentence(self, error: psycopg.Error, reason: str) -> str:
        if "authentication failed" in reason or "no password supplied" in reason:
            return (
                f"{self.server} refuses the password: set it in FEEDBACK_PASSWORD_FILE, FEEDBACK_PASSWORD "
                "or FEEDBACK_URL."
            )
        match error:
            case errors.DiskFull():
                return f"{self.server} has no room on its disk: make some there. {MEANWHILE}"
            case errors.LockNotAvailable():
                return f"{self.server} has a long question running on what is to be removed. {MEANWHILE}"
            case errors.InsufficientPrivilege() | errors.ReadOnlySqlTransaction():
                return f"{self.server} lets this account read only ({reason}): use the owner of the tables."
            case psycopg.OperationalError():
                return f"{self.server} does not answer ({reason}). {MEANWHILE}"
        return f"{self.server} could not answer: {reason}"
