"""The client against the service as it runs: well, killed, hung, started again, and erring now and then."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from marquee_client import Flip, Recommender
from tests.client.conftest import PATIENT_RULE, PATIENT_S, Clock
from tests.support.models import write_model
from tests.support.scripted_server import reply, scripted
from tests.support.server import Server, spawn, stop
from tests.support.waiting import eventually

OWN = ("own+1", "own+2")
VERSION = "20261101T0000-00000000"
BUDGET_S = 0.3


class Service:
    """A service that can be killed, stopped for a while, and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        write_model(folder / "model", version=VERSION)
        self.server = self._started(None)

    def _started(self, port: int | None) -> Server:
        environ = {"MODEL_DIR": str(self._folder / "model"), "CODE_REVISION": "abc1234", "WORKERS": "1"}
        server = spawn(self._folder / "log", environ, port=port)
        server.wait_until_ready()
        return server

    def signal(self, number: int) -> None:
        os.killpg(self.server.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.server.process.wait()

    def start_again(self) -> None:
        self.server = self._started(self.server.port)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    stop(service.server)


@pytest.fixture
def flips() -> list[Flip]:
    return []


@pytest.fixture
def client(service: Service, clock: Clock, flips: list[Flip]) -> Iterator[Recommender]:
    with Recommender(
        service.server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock, on_flip=flips.append
    ) as client:
        yield client


def test_lists_are_those_that_the_service_gives(client: Recommender, service: Service) -> None:
    url = service.server.url
    for user, source in ((1, "personal"), (10, "popular"), (999_999, "popular")):
        answer = client.recommend(user)
        there = requests.get(f"{url}/recommend/{user}", timeout=60)
        assert ",".join(answer.ids) == there.text
        assert answer.source == source
        assert (answer.model_version, answer.track) == (VERSION, "stable")
        assert answer.release == f"{VERSION}-abc1234"
    plain = client.recommend(1, n=3).ids
    assert len(plain) == 3
    assert not set(plain) & set(client.recommend(1, n=100, exclude=plain).ids)
    assert client.recommend(1, genre="Horror").ids != client.recommend(1).ids
    assert "No movie has the genre 'Opera'" in client.recommend(1, genre="Opera").reason
    assert client.counts()["refused"] == 1


def test_killed_and_started_again(
    client: Recommender, service: Service, clock: Clock, flips: list[Flip]
) -> None:
    assert client.recommend(1).source == "personal"
    service.kill()
    for _ in range(19):
        assert client.recommend(1).ids == OWN
    assert client.is_open
    assert client.counts()["unreachable"] + client.counts()["error"] == 19
    service.start_again()
    assert client.recommend(1).is_fallback
    clock.pass_by(60)
    assert client.recommend(1).source == "personal"
    assert [flip.is_open for flip in flips] == [True, False]


def test_a_restart_between_two_calls_is_not_noticed(client: Recommender, service: Service) -> None:
    assert client.recommend(1).source == "personal"
    stop(service.server)
    service.start_again()
    assert client.recommend(1).source == "personal"


def test_hung(service: Service, clock: Clock, flips: list[Flip]) -> None:
    """Calls end by the budget, then the switch opens; when the service goes on, so do its lists."""
    with Recommender(service.server.url, OWN, budget_s=BUDGET_S, clock=clock, on_flip=flips.append) as client:
        service.signal(signal.SIGSTOP)
        try:
            began_s = time.monotonic()
            threads = [threading.Thread(target=ask, args=(client, 3)) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert time.monotonic() - began_s < 100 * BUDGET_S  # without a budget this would take for ever
            assert client.is_open
            assert client.counts()["timeout"] + client.counts()["unreachable"] >= 20
        finally:
            service.signal(signal.SIGCONT)
        assert client.recommend(1).is_fallback

        def comes_back() -> bool:
            clock.pass_by(60)
            return client.recommend(1).source == "personal"

        eventually(comes_back)  # at the first attempt, unless this machine is too busy for the budget
        assert not client.is_open
        assert [flip.is_open for flip in flips] == [True, False]


def ask(client: Recommender, times: int) -> None:
    for _ in range(times):
        assert client.recommend(1).ids == OWN


def test_erring_in_30_percent_of_calls_it_opens_within_the_window(clock: Clock, flips: list[Flip]) -> None:
    dice = random.Random(1)
    failed = reply("", "500 Internal Server Error")
    with (
        scripted(lambda path, number: failed if dice.random() < 0.3 else reply()) as server,
        Recommender(
            server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock, on_flip=flips.append
        ) as client,
    ):
        for _ in range(100):
            client.recommend(1)
        [flip] = flips
        assert flip.failed > 0.25 * flip.calls
        server.answers = lambda path, number: reply()
        clock.pass_by(60)
        assert client.recommend(1).source == "personal"
        assert not client.is_open


def test_erring_in_5_percent_of_calls_it_stays_closed(clock: Clock, flips: list[Flip]) -> None:
    dice = random.Random(1)
    failed = reply("", "500 Internal Server Error")
    with (
        scripted(lambda path, number: failed if dice.random() < 0.05 else reply()) as server,
        Recommender(
            server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE, clock=clock, on_flip=flips.append
        ) as client,
    ):
        for _ in range(1000):
            client.recommend(1)
        assert flips == []
        assert client.counts()["error"] > 20
