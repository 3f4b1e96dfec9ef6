"""Asking Prometheus: the exact questions, and what becomes of each answer."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from auto_deployment.release.observe import queries
from auto_deployment.release.observe.measurements import measure
from auto_deployment.release.observe.prometheus import NoData, Prometheus, Unavailable
from tests.support.prometheus import FakePrometheus, fake_prometheus

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
MEAN = (
    '1000 * sum(increase(flask_http_request_duration_seconds_sum{track="%s",url_rule="/recommend/<user>",'
    'status="200"}[43200s])) / sum(increase(flask_http_request_duration_seconds_count{track="%s",'
    'url_rule="/recommend/<user>",status="200"}[43200s]))'
)


@pytest.fixture
def fake() -> Iterator[FakePrometheus]:
    with fake_prometheus() as running:
        yield running


def sample(value: str) -> dict[str, object]:
    return {"metric": {}, "value": [1772344800, value]}


def test_a_tick_asks_for_both_means_and_whether_the_canary_is_scraped(fake: FakePrometheus) -> None:
    fake.answer([sample("1")])
    measured = measure(Prometheus(fake.url), 43_200, NOW)
    assert measured.available
    assert measured.mean_latency_ms == {"stable": 1.0, "canary": 1.0}
    assert fake.asked == [
        ("/api/v1/query", {"query": query, "timeout": "5000ms", "time": "1772344800.000"})
        for query in (
            MEAN % ("stable", "stable"),
            MEAN % ("canary", "canary"),
            'min(max_over_time(up{job="app",track="canary"}[60s]))',
        )
    ]


def test_a_short_window_guesses_nothing_and_a_long_one_asks_as_the_founding_rule_does() -> None:
    assert queries.mean_latency_ms("canary", 3600) == (MEAN % ("canary", "canary")).replace("43200s", "3600s")
    labels = 'track="canary",url_rule="/recommend/<user>",status="200"'
    samples = [f"flask_http_request_duration_seconds_{one}{{{labels}}}[600s]" for one in ("sum", "count")]
    spent, count = (
        f"sum((max_over_time({one}) - min_over_time({one})) and resets({one}) == 0 or increase({one}))"
        for one in samples
    )
    assert queries.mean_latency_ms("canary", 600) == f"1000 * {spent} / {count}"


def test_no_window_is_shorter_than_prometheus_can_be_asked_for() -> None:
    assert "[1s]" in queries.mean_latency_ms("canary", 0.2)


@pytest.mark.parametrize(
    ("result", "kind", "answer"),
    [
        ([sample("12.5")], "vector", 12.5),
        ([1772344800, "3"], "scalar", 3.0),
        ([], "vector", NoData("no series")),
        ([sample("NaN")], "vector", NoData("the value is NaN")),
        ([sample("+Inf")], "vector", NoData("the value is +Inf")),
        ([sample("1"), sample("2")], "vector", Unavailable("2 series where one was asked for")),
        ([], "matrix", Unavailable("a result of type matrix")),
        ([{"metric": {}}], "vector", Unavailable("its answer has another form")),
        ([sample("twelve")], "vector", Unavailable("its answer has another form")),
    ],
)
def test_an_answer_is_a_number_no_data_or_none_at_all(
    fake: FakePrometheus, result: object, kind: str, answer: object
) -> None:
    fake.answer(result, kind)
    assert Prometheus(fake.url).value("up") == answer


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, b'{"status":"error","error":"parse error"}', "status 400: parse error"),
        (503, b'{"status":"error","error":"query timed out"}', "status 503: query timed out"),
        (200, b'{"status":"error"}', "status 200: no reason given"),
        (502, b"<html>Bad Gateway</html>", "status 502 without JSON"),
        (200, b"", "status 200 without JSON"),
        (200, b"[]", "its answer has another form"),
        (200, b'{"status":"success"}', "its answer has another form"),
    ],
)
def test_what_is_no_result_is_unavailable(
    fake: FakePrometheus, status: int, body: bytes, reason: str
) -> None:
    fake.status, fake.body = status, body
    assert Prometheus(fake.url).value("up") == Unavailable(reason)
    assert not measure(Prometheus(fake.url), 60, NOW).available


def test_nobody_there_and_no_answer_are_unavailable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        refused = Prometheus(address).value("up")
        silent.listen()
        hung = Prometheus(address, timeout_s=0.2).value("up")
    assert isinstance(refused, Unavailable)
    assert refused.reason.startswith("ConnectionError")
    assert isinstance(hung, Unavailable)
    assert hung.reason.startswith("ReadTimeout")
    assert isinstance(Prometheus("nonsense").value("up"), Unavailable)


@pytest.mark.parametrize("up", ["0", None])
def test_a_canary_that_is_not_scraped_makes_metrics_unavailable(fake: FakePrometheus, up: str | None) -> None:
    fake.answer([sample(up)] if up else [])
    measured = measure(Prometheus(fake.url), 60, NOW)
    assert not measured.available
    assert measured.reason == "Prometheus has not scraped the canary for 60 s."
