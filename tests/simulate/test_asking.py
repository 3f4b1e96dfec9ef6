"""The simulated platform asks a real service and tells of what came of it."""

import time
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest

from auto_deployment.cli import main
from auto_deployment.dataset.events.parser import parse_in_steps
from auto_deployment.dataset.events.types import Recommendation
from auto_deployment.simulate.damage import Message
from auto_deployment.simulate.lists.audience import Audience
from auto_deployment.simulate.requester import ServerReply, as_line, ask, requester
from auto_deployment.simulate.requests import REFUSED, TIMED_OUT
from tests.support.edge.stub_instance import StubInstance, fail
from tests.support.ports import free_ports
from tests.support.release.simulation import small_params, small_platform
from tests.support.waiting import eventually

NOW = datetime(2026, 3, 1, 12, 0, 5, 250_000, tzinfo=UTC)


def test_an_answer_becomes_the_line_that_the_platform_writes() -> None:
    line = as_line(NOW, 42, "nginx:8082", ServerReply("a+2001,b+2002", None, 7))
    assert line == (
        b"2026-03-01T12:00:05.250000,42,recommendation request nginx:8082, "
        b"status 200, result: a+2001, b+2002, 7 ms"
    )


@pytest.mark.parametrize("failure", [TIMED_OUT, REFUSED])
def test_a_failure_is_a_line_that_ingest_understands(failure: int) -> None:
    line = as_line(NOW, 42, "nginx:8082", ServerReply("", failure, 801))
    assert b"status 0, result: java." in line
    event = parse_in_steps(line.decode(), (1, 5), 1_000_000)
    assert isinstance(event, Recommendation)
    assert event.error


def test_a_service_is_asked_over_one_connection_and_again_after_it_was_gone() -> None:
    with StubInstance("stable-1", "stable") as instance:
        host, _, port = instance.address.partition(":")
        connection = HTTPConnection(host, int(port), timeout=5)
        assert ask(connection, 1).failure is None
        instance.behaviour = fail(500)
        assert ask(connection, 1).failure == REFUSED
    assert ask(connection, 1).failure == REFUSED


def test_requests_go_on_whatever_the_service_does() -> None:
    lines: list[Message] = []
    audience = Audience(small_platform(), small_params().lists, (1, 5), 0)
    with requester(f"127.0.0.1:{free_ports(1)[0]}", 200, audience, lines.extend):
        eventually(lambda: len(lines) >= 3)
    told = len(lines)
    time.sleep(0.05)
    assert len(lines) == told  # nothing after the end


@pytest.mark.parametrize("option", ["--ask=nginx:8082", "--since-days=3"])
def test_options_of_the_broker_are_refused_without_it(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", option]) == 2
    assert "need --kafka" in capsys.readouterr().err


def test_an_address_without_a_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", "--kafka", "--ask=nginx"])
    assert "HOST:PORT" in capsys.readouterr().err
