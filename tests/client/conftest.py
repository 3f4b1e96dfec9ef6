"""A service that does as it is told, and a clock that moves when it is told."""

from collections.abc import Iterator

import pytest

from marquee_client import Rule
from tests.support.scripted_server import ScriptedServer, scripted

# For calls that shall be answered: a busy machine is late, and that is not what is tested.
PATIENT_S = 60.0
PATIENT_RULE = Rule(window_s=3600.0)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def pass_by(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted() as server:
        yield server
