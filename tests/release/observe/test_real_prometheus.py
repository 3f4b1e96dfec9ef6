"""Every query against the real Prometheus, which scrapes the real service and NGINX's own exporter."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from auto_deployment.release.judge.judge import Judgement, judge
from auto_deployment.release.observe import queries
from auto_deployment.release.observe.measurements import measure
from auto_deployment.release.observe.prometheus import NoData, Prometheus, Unavailable
from tests.support.edge.edge import running_edge
from tests.support.models import write_model
from tests.support.ports import free_port
from tests.support.prometheus import EXPORTER_IMAGE, container, real_prometheus
from tests.support.release.ticks import good, short, tick
from tests.support.server import Server, serving
from tests.support.systems.lab import require_docker
from tests.support.waiting import eventually

pytestmark = pytest.mark.lab

SERVICES = {"stable-1": "stable", "stable-2": "stable", "canary": "canary"}
SLOW_S = 0.6  # above the founding rule's 500 ms


@dataclass
class Running:
    """Three instances, NGINX, and what is measured of them."""

    instances: dict[str, Server]
    delays: dict[str, Path]
    prometheus: Prometheus
    edge_port: int

    def delay(self, track: str, seconds: float) -> None:
        for service, of in SERVICES.items():
            if of == track:
                self.delays[service].write_text(str(seconds), "ascii")

    def ask_all(self) -> None:
        """Ask each instance for a few lists, and the canary for one that it refuses slowly; all at once."""
        with ThreadPoolExecutor() as pool:
            asked = pool.map(self.ask, self.instances)
            refused = pool.submit(
                requests.get, f"{self.instances['canary'].url}/recommend/nobody", timeout=10
            )
        assert list(asked) == [[200, 200]] * len(self.instances)
        assert refused.result().status_code == 400

    def ask(self, service: str) -> list[int]:
        url = self.instances[service].url
        return [requests.get(f"{url}/recommend/{user}", timeout=10).status_code for user in range(2)]

    def judged_after_seconds(self, seconds: float = 4.0) -> Judgement:
        """Ask for some time, and judge a release whose window this time was."""
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            self.ask_all()
        measured = measure(self.prometheus, time.monotonic() - begin, datetime.now(UTC))
        assert measured.available, measured.reason
        last = tick(mean_latency_ms=measured.mean_latency_ms)
        return judge([*good(9), last], short())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    require_docker()
    root = tmp_path_factory.mktemp("prometheus")
    write_model(root / "model")
    delays = {service: root / f"{service}.delay" for service in SERVICES}
    with ExitStack() as stack:
        instances = {}
        for service, track in SERVICES.items():
            delays[service].write_text("0", "ascii")
            environ = {"MODEL_DIR": str(root / "model"), "TRACK": track, "WORKERS": "1"}
            target = f"tests.support.edge.slow_app:delayed({str(delays[service])!r})"
            instances[service] = stack.enter_context(serving(root / service, environ, target))
        addresses = [f"127.0.0.1:{server.port}" for server in instances.values()]
        edge = stack.enter_context(running_edge(root / "run", addresses))
        exporter_port = free_port()
        page = f"--nginx.scrape-uri=http://127.0.0.1:{edge.status_port}/stub_status"
        stack.enter_context(
            container(EXPORTER_IMAGE, page, f"--web.listen-address=127.0.0.1:{exporter_port}")
        )
        ports = {service: server.port for service, server in instances.items()}
        url = stack.enter_context(real_prometheus(root / "config", ports, exporter_port))
        prometheus = Prometheus(url)
        eventually(lambda: prometheus.value(queries.scraped("stable")) == 1)
        eventually(lambda: prometheus.value(queries.scraped("canary")) == 1)
        yield Running(instances, delays, prometheus, edge.port)


@pytest.mark.slow
def test_slow_stables_cannot_fail_a_fast_canary_nor_fast_ones_save_a_slow_canary(running: Running) -> None:
    running.delay("stable", SLOW_S)
    fast = running.judged_after_seconds()
    running.delay("stable", 0)
    running.delay("canary", SLOW_S)
    slow = running.judged_after_seconds()
    running.delay("canary", 0)

    latency = fast.checks[0]
    assert fast.verdict == "promote", fast.reason
    assert latency.stable is not None
    assert latency.canary is not None
    assert latency.canary < 500 < latency.stable

    latency = slow.checks[0]
    assert slow.verdict == "abort", slow.reason
    assert latency.stable is not None
    assert latency.canary is not None
    assert latency.stable < 500 < latency.canary
    assert slow.reason == latency.sentence


def test_what_prometheus_does_not_know_is_no_data(running: Running) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC)
    for query in (queries.mean_latency_ms("canary", 60), queries.scraped("canary")):
        assert isinstance(running.prometheus.value(query, before), NoData)
    assert isinstance(running.prometheus.value(queries.mean_latency_ms("blue", 60)), NoData)


def test_a_query_that_is_wrong_is_unavailable(running: Running) -> None:
    answer = running.prometheus.value("sum(")
    assert isinstance(answer, Unavailable)
    assert "parse error" in answer.reason
