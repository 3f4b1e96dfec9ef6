"""Models, signals and deaths under load: who calls gets a list of one model, or may ask again."""

import os
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
import requests

from app.recommender import Recommender
from tests.support.models import Size, write_model
from tests.support.rpc import Caller, Load, RpcServer, rpc_serving, spawn_rpc, wait_until_ready
from tests.support.server import stop
from tests.support.waiting import eventually

DRAIN = {"RPC_DRAIN_S": "0.1"}


class Versions:
    """Two models of the same movies that agree on nobody's list, and the link that says which one it is."""

    def __init__(self, root: Path) -> None:
        self.link = root / "current"
        self.models = {
            name: write_model(root / name, Size(), version=name, seed=seed)
            for seed, name in enumerate(("v1", "v2"), 1)
        }
        self.use("v1")

    def use(self, name: str) -> None:
        following = self.link.with_name(".next")
        following.symlink_to(name)
        following.rename(self.link)

    def lists(self) -> set[tuple[int, str, tuple[str, ...]]]:
        """Return all that may be answered to `Load`."""
        found = set()
        for name, model in self.models.items():
            recommender = Recommender(model)
            for user in range(1, Size().users + 1):
                rows = recommender.recommend(user, 5).rows
                found.add((user, name, tuple(recommender.movie_ids[row] for row in rows)))
        return found


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path)


def test_a_new_model_takes_over_under_load_without_an_error_and_without_a_mixture(
    versions: Versions, tmp_path: Path
) -> None:
    environ = {"MODEL_DIR": str(versions.link), "MODEL_POLL_S": "0.05", **DRAIN}
    with rpc_serving(tmp_path / "log", environ) as server:
        with Load([Caller(server.target) for _ in range(6)]) as load_:
            for times, name in enumerate(("v2", "v1", "v2"), 1):
                load_.after(100)
                versions.use(name)
                eventually(partial(has_replaced, server, 2 * times), saying=server.log_text)
            load_.after(100)
        assert load_.statuses.keys() == {"OK"}
        assert load_.replies - versions.lists() == set()
        assert {version for _, version, _ in load_.replies} == {"v1", "v2"}
        # A worker that starts later answers with the newest from its first call on.
        server.kill_worker()
        eventually(lambda: server.log_text().count(" answers") >= 3)
        assert {Caller(server.target).recommend(1).model_version for _ in range(12)} == {"v2"}


def test_a_restart_under_load_loses_no_call_of_clients_who_try_again(model_dir: Path, tmp_path: Path) -> None:
    environ = {"MODEL_DIR": str(model_dir), **DRAIN}
    with rpc_serving(tmp_path / "log", environ) as server:
        ports = (server.port, int(server.url.rpartition(":")[2]))
        with Load([Caller(server.target, retries=True) for _ in range(6)]) as load_:
            load_.after(100)
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(60) == 0
            again = spawn_rpc(tmp_path / "log-again", environ, ports)
            try:
                wait_until_ready(again)
                load_.after(100)
            finally:
                load_.end()
                stop(again)
    assert load_.statuses.keys() == {"OK"}
    assert "Traceback" not in server.log_text() + again.log_text()
    assert not list(tmp_path.glob("marquee-rpc-*"))


def test_while_one_instance_stops_another_answers(model_dir: Path, tmp_path: Path) -> None:
    environ = {"MODEL_DIR": str(model_dir), "WORKERS": "1", **DRAIN}
    with (
        rpc_serving(tmp_path / "log-1", environ) as one,
        rpc_serving(tmp_path / "log-2", environ) as other,
        Load([Caller(one.target, other.target, retries=True) for _ in range(6)]) as load_,
    ):
        load_.after(100)
        stop(one)
        load_.after(100)
    assert load_.statuses.keys() == {"OK"}


def test_a_killed_worker_is_replaced_while_the_others_answer(model_dir: Path, tmp_path: Path) -> None:
    with (
        rpc_serving(tmp_path / "log", {"MODEL_DIR": str(model_dir), **DRAIN}) as server,
        Load([Caller(server.target) for _ in range(6)]) as load_,
    ):
        load_.after(100)
        survivor = server.workers()[1]
        server.kill_worker()
        eventually(lambda: server.log_text().count(" answers") >= 3)
        load_.after(100)
        load_.end()
        # What the killed process had in its hands may be asked again.
        assert load_.statuses.keys() <= {"OK", "UNAVAILABLE"}
        assert survivor in server.workers()
        name = 'marquee_rpc_calls_total{code="OK",method="Recommend",track="stable"}'
        eventually(lambda: server.sample(name) > 100)  # what it had counted is in the sum


def test_the_page_of_metrics_is_replaced_and_nobody_outlives_the_parent(
    model_dir: Path, tmp_path: Path
) -> None:
    with rpc_serving(tmp_path / "log", {"MODEL_DIR": str(model_dir), "WORKERS": "1", **DRAIN}) as server:
        (page,) = set(server.children()) - set(server.workers())
        os.kill(page, signal.SIGKILL)
        eventually(lambda: page not in server.children() and len(server.children()) == 2)
        eventually(lambda: requests.get(f"{server.url}/metrics", timeout=5).ok)
        children = server.children()
        server.process.kill()
        server.process.wait(30)
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"RPC_PORT": "many"}, "RPC_PORT is 'many': use a whole number from 1 to 65535."),
        ({"MODEL_DIR": "/nowhere"}, "/nowhere/manifest.json cannot be read"),
    ],
)
def test_what_cannot_be_ends_the_start_with_one_sentence(
    model_dir: Path, tmp_path: Path, environ: Mapping[str, str], sentence: str
) -> None:
    assert refused(tmp_path, {"MODEL_DIR": str(model_dir), **environ}).startswith(sentence)


def test_a_port_that_is_taken_is_said_in_one_sentence_also_by_another_instance(
    server: RpcServer, model_dir: Path, tmp_path: Path
) -> None:
    taken = {"MODEL_DIR": str(model_dir), "RPC_PORT": str(server.port)}
    assert refused(tmp_path, taken) == (
        f"127.0.0.1:{server.port} cannot be listened on (Address already in use): set HOST or RPC_PORT.\n"
    )
    metrics = server.url.rpartition(":")[2]
    taken = {"MODEL_DIR": str(model_dir), "RPC_METRICS_PORT": metrics}
    assert refused(tmp_path, taken) == (
        f"Port {metrics} cannot be used for metrics (Address already in use): set RPC_METRICS_PORT.\n"
    )


def has_replaced(server: RpcServer, times: int) -> bool:
    return server.log_text().count(" replaces ") >= times


def refused(tmp_path: Path, environ: Mapping[str, str]) -> str:
    """Start an instance that shall refuse to run; return what it said."""
    server = spawn_rpc(tmp_path / "refused", {"LOG_LEVEL": "ERROR", **environ})
    try:
        assert server.process.wait(60) == 2
        said = server.log_text()
        server.log.unlink()
        return said
    finally:
        stop(server)
