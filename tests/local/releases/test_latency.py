"""The mean over a window from the instances' own counters, against instances that say what a test wants."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from auto_deployment.local.instances import Instance
from auto_deployment.local.releases.latency import InstanceMetrics, Spent, spent_in

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
PAGE = """# TYPE flask_http_request_duration_seconds histogram
flask_http_request_duration_seconds_bucket{{le="+Inf",url_rule="/recommend/<user>",status="200"}} 7
flask_http_request_duration_seconds_count{{url_rule="/recommend/<user>",status="200",track="canary"}} {n}
flask_http_request_duration_seconds_sum{{url_rule="/recommend/<user>",status="200",track="canary"}} {s}
flask_http_request_duration_seconds_count{{url_rule="/recommend/<user>",status="500"}} 900
flask_http_request_duration_seconds_sum{{url_rule="/recommend/<user>",status="500"}} 900
flask_http_request_duration_seconds_count{{url_rule="/popular",status="200"}} 900
flask_http_request_duration_seconds_sum{{url_rule="/popular",status="200"}} 900
"""


class Counter:
    """What an instance says; `spent` None: it answers with 503."""

    def __init__(self) -> None:
        self.spent: Spent | None = Spent()
        self.page = PAGE
        counter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                spent = counter.spent
                self.send_response(200 if spent else 503)
                self.end_headers()
                if spent:
                    self.wfile.write(counter.text(spent).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def text(self, spent: Spent) -> str:
        return self.page.format(n=spent.requests, s=spent.seconds) if self.page is PAGE else self.page

    def instance(self, name: str, track: str) -> Instance:
        return Instance(name, track, "127.0.0.1", self.server.server_port)


@contextmanager
def counters(count: int) -> Iterator[list[Counter]]:
    found = [Counter() for _ in range(count)]
    threads = [Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01}) for one in found]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        for one, thread in zip(found, threads, strict=True):
            one.server.shutdown()
            thread.join()
            one.server.server_close()


class Scene:
    def __init__(self, parts: list[Counter], file: Path) -> None:
        first, second, self.canary = parts
        self.stables, self.file, self.now = (first, second), file, NOW
        self.instances = [
            first.instance("stable-1", "stable"),
            second.instance("stable-2", "stable"),
            self.canary.instance("canary", "canary"),
        ]
        self.restart()

    def restart(self) -> None:
        self.metrics = InstanceMetrics(self.instances, self.file)

    def means(self, window_s: float = 3600) -> dict[str, float | None]:
        self.now += timedelta(seconds=60)
        measured = self.metrics.measure(window_s, self.now)
        assert measured.available, measured.reason
        return dict(measured.mean_latency_ms)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with counters(3) as parts:
        yield Scene(parts, tmp_path / "latency.json")


def test_only_successful_recommend_requests_count() -> None:
    assert spent_in(PAGE.format(n=4, s=2.0)) == Spent(2.0, 4.0)


def test_what_was_before_the_first_look_does_not_count_and_no_request_is_no_mean(scene: Scene) -> None:
    scene.canary.spent = Spent(90.0, 100.0)
    assert scene.means() == {"stable": None, "canary": None}
    scene.canary.spent = Spent(91.0, 110.0)
    assert scene.means() == {"stable": None, "canary": pytest.approx(100.0)}


def test_instances_of_a_track_count_by_their_requests(scene: Scene) -> None:
    scene.means()
    scene.stables[0].spent, scene.stables[1].spent = Spent(1.0, 100.0), Spent(9.0, 100.0)
    assert scene.means()["stable"] == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("before", "after", "mean_ms"),
    [
        (Spent(1.0, 100.0), Spent(1.0, 10.0), 1000 * 2.0 / 110),
        (Spent(5.0, 10.0), Spent(1.0, 50.0), 1000 * 6.0 / 60),
    ],
    ids=["fewer requests", "more requests in less time"],
)
def test_a_process_that_was_started_anew_counts_from_zero(
    scene: Scene, before: Spent, after: Spent, mean_ms: float
) -> None:
    scene.means()
    scene.canary.spent = before
    scene.means()
    scene.canary.spent = after
    assert scene.means()["canary"] == pytest.approx(mean_ms)


def test_a_page_of_something_else_is_no_metrics(scene: Scene) -> None:
    scene.canary.page = "flask_http_request_duration_seconds_sum{ nonsense"
    assert not scene.metrics.measure(60, NOW).available


def test_only_the_window_counts(scene: Scene) -> None:
    scene.means()
    scene.canary.spent = Spent(10.0, 10.0)
    scene.means()
    scene.canary.spent = Spent(10.1, 20.0)
    assert scene.means(window_s=30)["canary"] == pytest.approx(10.0)
    assert scene.means(window_s=600)["canary"] == pytest.approx(1000 * 10.1 / 20)


def test_a_restart_forgets_nothing(scene: Scene) -> None:
    scene.means()
    scene.canary.spent = Spent(1.0, 10.0)
    scene.means()
    scene.restart()
    assert scene.means()["canary"] == pytest.approx(100.0)


def test_a_damaged_file_is_no_evidence(scene: Scene) -> None:
    scene.file.write_text("[[")
    assert scene.means() == {"stable": None, "canary": None}


def test_a_canary_that_says_nothing_has_no_metrics_and_a_stable_that_does_not_is_no_reason(
    scene: Scene,
) -> None:
    scene.stables[0].spent = None
    scene.means()
    scene.canary.spent = None
    measured = scene.metrics.measure(60, NOW)
    assert not measured.available
    assert "canary" in measured.reason
