"""A server with S3's interface, once for all, and an empty store in it for each test."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from auto_deployment.fleet.remote import clients
from tests.support.s3_server import S3Server, client_libraries


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3") / "moto.log")
    with client_libraries():
        yield server
    server.end()


@pytest.fixture
def address(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a new, empty store, and let its credentials be in the environment."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    return f"s3://{server.bucket()}/some/where"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """Let the client wait for half a second where it waits for ten."""
    config = {**clients.OPTIONS["s3"]["config_kwargs"], "read_timeout": 0.5, "connect_timeout": 0.5}
    options: Mapping[str, Any] = {"s3": {"config_kwargs": config}}
    monkeypatch.setattr(clients, "OPTIONS", options)
    return options
