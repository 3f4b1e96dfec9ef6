"""Both stores of feedback: files, and a real PostgreSQL for the session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.feedback.postgres.store import PostgresStore
from tests.support.feedback.postgres import PASSWORD, Server
from tests.support.feedback.world import World
from tests.support.systems.lab import require_docker


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Give a server; skip without a Docker engine."""
    require_docker()
    server = Server()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Let worlds and commands keep their tables in PostgreSQL, which is empty."""
    server.empty()
    database = server.database

    def store(root: Path) -> PostgresStore:
        return PostgresStore(database, root)

    monkeypatch.setattr(World, "make_store", staticmethod(store))
    monkeypatch.setenv("FEEDBACK_URL", server.url)
    monkeypatch.setenv("FEEDBACK_PASSWORD", PASSWORD)
    return server


@pytest.fixture(params=["files", pytest.param("postgres", marks=pytest.mark.lab)])
def either_store(request: pytest.FixtureRequest) -> str:
    """Let a test hold for each store."""
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    return str(request.param)
