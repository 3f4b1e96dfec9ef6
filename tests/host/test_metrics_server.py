"""The port that a loop answers on, and those who ask there."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from auto_deployment.host.metrics_server import Answer, BusyPortError, serving
from tests.support.disconnecting_client import leave_early
from tests.support.http import get
from tests.support.project import PROJECT
from tests.support.waiting import eventually

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n"


def more(path: str) -> Answer:
    if path == "/fault":
        raise ValueError("a fault of ours")
    return 404, "text/plain", b"not here"


@pytest.fixture
def port() -> Iterator[int]:
    """Give the port of a server whose metrics are more than a socket takes at once."""
    registry = CollectorRegistry()
    gauge = Gauge("many", "Very many", ["name"], registry=registry)
    for number in range(2_000):
        gauge.labels(f"{number:02000}").set(1)
    with serving(("127.0.0.1", 0), "SOME_PORT", registry, more) as number:
        yield number


def nobody_is_served() -> bool:
    return not any("process_request_thread" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize("said", [b"", b"GET /metr", REQUEST], ids=["silent", "half", "whole"])
def test_a_client_that_goes_away_early_is_no_news(
    port: int, said: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(5):
            leave_early(port, said)
        eventually(nobody_is_served)
        assert get(port, "/metrics").status == 200
    assert capfd.readouterr().err == ""
    assert [record.levelno for record in caplog.records if record.levelno > logging.DEBUG] == []
    assert len(caplog.text.splitlines()) <= 5


def test_a_fault_of_ours_is_logged_and_the_next_question_is_answered(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(IndexError):  # no answer at all
        get(port, "/fault")
    eventually(lambda: "a fault of ours" in caplog.text)
    assert get(port, "/else").status == 404


def test_who_may_not_have_the_port_is_told_which_setting_to_change(port: int) -> None:
    with (
        pytest.raises(BusyPortError, match=rf"127\.0\.0\.1:{port} cannot be used .*: set SOME_PORT"),
        serving(("127.0.0.1", port), "SOME_PORT", CollectorRegistry()),
    ):
        pass


def test_every_loop_answers_through_this_server() -> None:
    other = ("HTTPServer", "start_http_server", "start_wsgi_server", "make_server")
    modules = (PROJECT / "auto_deployment").rglob("*.py")
    found = {path for path in modules if any(word in path.read_text("utf-8") for word in other)}
    assert found == {Path(PROJECT / "auto_deployment" / "host" / "metrics_server.py")}
