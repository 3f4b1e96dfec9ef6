"""A broker for the session, and a data directory for each test."""

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import make_certificates
from tests.support.ingest.home import Home
from tests.support.ingest.kafka import Broker
from tests.support.systems.lab import require_docker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Give a real broker; skip without a Docker engine."""
    require_docker()
    certificates = tmp_path_factory.mktemp("certificates")
    make_certificates(certificates)
    broker = Broker(certificates)
    try:
        broker.create()
        yield broker
    finally:
        broker.remove()


@pytest.fixture(autouse=True)
def _leaked_sockets_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what the Kafka client leaves open where it was left, or another test would be blamed for it."""
    yield
    if request.node.get_closest_marker("lab"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give an empty data directory."""
    return Home(tmp_path / "data")


@pytest.fixture
def stream(broker: Broker, home: Home) -> Home:
    """Give an empty data directory that listens to a new topic with one partition."""
    home.kafka = broker.settings(broker.create_topic())
    return home
