"""`docker compose down`, then `up`: data, offsets, metrics and the edge's files are still there."""

import pytest

from tests.support.http import get
from tests.support.systems.stack import UP, TestStack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

SCRAPES = 'count_over_time(up{job="prometheus"}[1h])'
PRODUCE = """
import sys
from auto_deployment.config import Settings
from auto_deployment.simulate.kafka_output import open_topic
with open_topic(Settings.from_env().kafka) as send:
    send([b"2026-03-01T12:00:0%d,42,GET /data/m/a+film+2001/%d.mpg" % (n, n) for n in range(1, 6)])
"""


def segments(stack: TestStack) -> set[str]:
    return set(stack.inside("ingest", "ls", "/data/segments").split())


def test_what_was_there_is_there_again(stack: TestStack) -> None:
    before = segments(stack) if "segments" in stack.inside("ingest", "ls", "/data").split() else set()
    stack.inside("ingest", "python", "-c", PRODUCE)
    kept = eventually(lambda: segments(stack) > before and segments(stack))
    release = get(stack.port, "/recommend/1").headers["x-release"]
    lines = len(stack.edge_lines())
    (scrapes,) = eventually(lambda: stack.prometheus(SCRAPES))
    stack.stack.compose("--profile", "*", "down")
    stack.stack.compose(*UP, "--no-build")
    assert get(stack.port, "/recommend/1").headers["x-release"] == release
    assert segments(stack) >= kept  # what was open is closed on the way down
    assert len(stack.edge_lines()) > lines
    eventually(lambda: "Reading movielog from {0: " in stack.log("ingest"))
    assert "Reading movielog from {0: 0}" not in stack.log("ingest")
    (again,) = eventually(lambda: stack.prometheus(SCRAPES))
    assert int(again["value"][1]) >= int(scrapes["value"][1])
