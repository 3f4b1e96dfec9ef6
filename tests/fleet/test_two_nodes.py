"""Two nodes on one host: an agent and a real service each, one store, and users who ask all the time."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.service import answers_of
from tests.support.fleet import V1, V2, Node
from tests.support.server import Server, spawn, stop
from tests.support.waiting import eventually

AWAY_S, STEP_S = 600.0, 30.0


class Away:
    """A store that answers nothing while it is away."""

    def __init__(self) -> None:
        self.is_away = False

    def __call__(self, what: str, path: str, start: int) -> None:
        if self.is_away:
            raise StoreError("The model store is away.")


@dataclass
class Users:
    """Ask one service, one request after the other, and remember what became of each."""

    server: Server
    asked: Counter[str] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        with requests.Session() as session:
            while not self.stopped.is_set():
                self.asked[self._once(session)] += 1

    def _once(self, session: requests.Session) -> str:
        try:
            answer = session.get(f"{self.server.url}/recommend/{self.asked.total()}", timeout=60)
        except requests.RequestException as error:
            return repr(error)
        return f"{answer.status_code} {answer.headers.get('X-Model-Version')}"


@contextmanager
def users(servers: list[Server]) -> Iterator[list[Users]]:
    """Let users ask each service for as long as the block takes."""
    asking = [Users(server) for server in servers]
    threads = [threading.Thread(target=one.ask) for one in asking]
    for thread in threads:
        thread.start()
    try:
        yield asking
    finally:
        for one in asking:
            one.stopped.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def nodes(tmp_path: Path) -> list[Node]:
    """Return two nodes of the first one's store."""
    folders = [tmp_path / "node-1", tmp_path / "node-2"]
    for folder in folders:
        folder.mkdir()
    first = Node(folders[0])
    return [first, Node(folders[1], files=first.files)]


@pytest.fixture
def servers(nodes: list[Node], tmp_path: Path) -> Iterator[list[Server]]:
    """A service for each node; none has a model yet, and each waits for its agent to bring one."""
    with ExitStack() as stack:
        started = []
        for number, node in enumerate(nodes):
            model_dir = node.root / "films" / "channels" / "stable"
            environ = {"MODEL_DIR": str(model_dir), "MODEL_POLL_S": "0.1", "MODEL_WAIT_S": "60"}
            started.append(spawn(tmp_path / f"log-{number}", environ))
            stack.callback(stop, started[-1])
            node.ask["stable"] = answers_of(started[-1].url)
            node.start()
        yield started


def confirmed(nodes: list[Node]) -> set[str | None]:
    """Let both agents look; return what is confirmed."""
    return {node.agent.look().channels["stable"].confirmed for node in nodes}


@pytest.mark.slow
def test_with_the_store_away_for_ten_minutes_and_a_new_version_afterwards_no_request_fails(
    nodes: list[Node], servers: list[Server]
) -> None:
    away = Away()
    nodes[0].files.on = away
    eventually(lambda: all("Waiting up to 60 s for a model" in server.log_text() for server in servers))
    nodes[0].publish(V1, "stable")
    confirmed(nodes)
    for server in servers:
        server.wait_until_ready()
    eventually(lambda: confirmed(nodes) == {V1})
    with users(servers) as asking:
        away.is_away = True
        for _ in range(round(AWAY_S / STEP_S)):
            for node in nodes:
                node.now += STEP_S
            assert confirmed(nodes) == {V1}
            assert {node.agent.state.store_fault for node in nodes} == {"The model store is away."}
        for node in nodes:
            node.start()  # an agent that is restarted meanwhile goes on with what it has
        assert confirmed(nodes) == {V1}
        away.is_away = False
        nodes[0].publish(V2, "stable", seed=2)
        eventually(lambda: confirmed(nodes) == {V2})
        eventually(lambda: all(one.asked[f"200 {V2}"] for one in asking))
    for one in asking:
        assert set(one.asked) == {f"200 {V1}", f"200 {V2}"}
