"""The client against the service over gRPC: the lists of HTTP, a service that hangs, and one that is gone."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from marquee_client import Recommender
from tests.client.conftest import PATIENT_RULE, PATIENT_S, Clock
from tests.support.models import write_model
from tests.support.own_server import own_server
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.server import serving
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(not (PROJECT / "app" / "rpc").exists(), reason="no gRPC in this service")
OWN = ("own+1",)
BUDGET_S = 0.3


class Service:
    """A service that answers over both, and the process of the one over gRPC."""

    def __init__(self, http: str, rpc: str, pid: int) -> None:
        self.http = http
        self.rpc = rpc
        self._pid = pid

    def signal(self, number: int) -> None:
        os.killpg(self._pid, number)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    write_model(tmp_path / "model")
    port, metrics_port = free_ports(2)
    common = {"MODEL_DIR": str(tmp_path / "model"), "CODE_REVISION": "abc1234", "WORKERS": "1"}
    environ = {
        "PATH": os.environ["PATH"],
        "RPC_PORT": str(port),
        "RPC_METRICS_PORT": str(metrics_port),
        **common,
    }
    words = [sys.executable, "-m", "app.rpc"]
    with (
        serving(tmp_path / "http.log", common) as http,
        own_server(words, environ, tmp_path / "rpc.log", f"http://127.0.0.1:{metrics_port}") as rpc,
    ):
        yield Service(http.url, f"grpc://127.0.0.1:{port}", rpc.pid)


def test_lists_are_those_of_http_and_a_service_that_hangs_is_left_alone(
    service: Service, clock: Clock
) -> None:
    with (
        Recommender(service.http, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as http,
        Recommender(service.rpc, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as rpc,
    ):
        eventually(lambda: not rpc.recommend(1).is_fallback)
        for user in range(60):
            assert rpc.recommend(user) == http.recommend(user)
            some = http.recommend(user).ids[:3]
            assert rpc.recommend(user, 5, exclude=some) == http.recommend(user, 5, exclude=some)
        assert rpc.recommend(1, genre="Drama") == http.recommend(1, genre="Drama")
        assert "No movie has the genre 'Opera'" in rpc.recommend(1, genre="Opera").reason
    with Recommender(service.rpc, OWN, budget_s=BUDGET_S, clock=clock) as client:
        service.signal(signal.SIGSTOP)
        try:
            for _ in range(20):
                assert client.recommend(1).ids == OWN
            assert client.is_open
            assert client.counts()["timeout"] + client.counts()["unreachable"] == 20
        finally:
            service.signal(signal.SIGCONT)

        def comes_back() -> bool:
            clock.pass_by(60)
            return client.recommend(1).source == "personal"

        eventually(comes_back)  # at the first attempt, unless this machine is too busy for the budget
        assert not client.is_open
