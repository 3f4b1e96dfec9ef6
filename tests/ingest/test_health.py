"""The port that tells how the stream is."""

import urllib.error
import urllib.request
from json import loads

import pytest
from prometheus_client import CollectorRegistry

from auto_deployment.host.metrics_server import BusyPortError
from auto_deployment.ingest.health import Health, serve


def ask(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_stream_without_lines_becomes_stale_and_fresh_again() -> None:
    now_s = 100.0
    health = Health(stale_after_s=300, clock=lambda: now_s)
    with serve("127.0.0.1", 0, health, CollectorRegistry()) as port:
        assert ask(port, "/health/fresh")[0] == 200
        now_s += 299
        health.turned(lines=False)
        assert ask(port, "/health/fresh")[0] == 200
        now_s += 1
        status, body = ask(port, "/health/fresh")
        assert (status, loads(body)) == (
            503,
            {"alive": True, "stale": True, "last_line_age_s": 300.0, "trouble": "", "rating_scale": ""},
        )
        assert ask(port, "/health/live")[0] == 200
        health.turned(lines=True)
        assert ask(port, "/health/fresh")[0] == 200


def test_a_loop_that_is_stuck_is_not_alive() -> None:
    now_s = 0.0
    health = Health(stale_after_s=10_000, clock=lambda: now_s)
    with serve("127.0.0.1", 0, health, CollectorRegistry()) as port:
        now_s += 901
        assert ask(port, "/health/live")[0] == 503
        assert ask(port, "/health/fresh")[0] == 503


def test_other_paths_are_not_there() -> None:
    with serve("127.0.0.1", 0, Health(1), CollectorRegistry()) as port:
        assert ask(port, "/")[0] == 404
        assert ask(port, "/metrics?x=1")[0] == 200


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with (
        serve("127.0.0.1", 0, Health(1), CollectorRegistry()) as port,
        pytest.raises(BusyPortError, match="INGEST_METRICS_PORT"),
        serve("127.0.0.1", port, Health(1), CollectorRegistry()),
    ):
        pass
