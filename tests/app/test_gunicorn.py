"""The service as it runs: real Gunicorn processes, their deaths, their metrics, their refusals to start."""

import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import requests

from tests.app.conftest import VERSION
from tests.support.server import Server, run_to_end, serving, stop
from tests.support.waiting import eventually


def sample(server: Server, name: str) -> float:
    """Return one sample of /metrics, its name with its labels as they are written there."""
    lines = requests.get(f"{server.url}/metrics", timeout=10).text.splitlines()
    found: str = next((line for line in lines if line.startswith(f"{name} ")), f"{name} -1")
    return float(found.rpartition(" ")[2])


@pytest.fixture
def server(model_dir: Path, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "log", {"MODEL_DIR": str(model_dir), "CODE_REVISION": "abc1234"}) as server:
        yield server


def metrics_dir(server: Server) -> Path:
    """Return the folder that the instance has made for its metrics."""
    found = re.search(r"metrics_dir=PosixPath\('([^']+)'\)", server.log_text())
    assert found
    return Path(found[1])


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "MODEL_DIR is not set: name the folder of the model to serve."),
        ({"MODEL_DIR": "x", "TRACK": "blue"}, "TRACK is 'blue': use one of stable, canary."),
        ({"MODEL_DIR": "x", "WORKERS": "many"}, "WORKERS is 'many': use a whole number from 1 to 64."),
    ],
)
def test_a_bad_setting_ends_the_start_with_one_sentence(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    assert run_to_end(tmp_path / "log", environ) == (2, f"{sentence}\n")


def test_an_unusable_model_ends_the_start_with_a_sentence_that_names_the_file(tmp_path: Path) -> None:
    environ = {"MODEL_DIR": str(tmp_path / "model"), "LOG_LEVEL": "WARNING"}
    assert run_to_end(tmp_path / "log", environ) == (
        2,
        f"{tmp_path}/model/manifest.json cannot be read (No such file or directory): "
        "there is no complete model here.\n",
    )


def test_a_killed_worker_is_replaced_while_the_others_answer(server: Server) -> None:
    failures: list[str] = []
    answered = [0]
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                status = requests.get(f"{server.url}/recommend/7", timeout=10).status_code
            except requests.ConnectionError:
                failures.append("connection")
            else:
                answered[0] += 1
                if status != 200:
                    failures.append(str(status))

    clients = [threading.Thread(target=ask) for _ in range(3)]
    for client in clients:
        client.start()
    eventually(lambda: answered[0] > 50)
    survivor = server.workers()[1]
    server.kill_worker()
    at_replacement = answered[0]
    eventually(lambda: answered[0] > at_replacement + 50)
    done.set()
    for client in clients:
        client.join()
    assert survivor in server.workers()
    # Only what the killed process had in its hands is lost; in front of it NGINX asks another instance.
    assert failures in ([], ["connection"], ["connection"] * 2, ["connection"] * 3)


def test_a_terminated_service_finishes_what_it_has_begun(model_dir: Path, tmp_path: Path) -> None:
    started, go_on = tmp_path / "started", tmp_path / "go-on"
    target = f"tests.support.edge.slow_app:slow({str(started)!r}, {str(go_on)!r})"
    answers: list[str] = []
    with serving(tmp_path / "log", {"MODEL_DIR": str(model_dir), "WORKERS": "1"}, target) as server:
        client = threading.Thread(
            target=lambda: answers.append(requests.get(f"{server.url}/slow", timeout=30).text)
        )
        client.start()
        eventually(started.exists)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: "Handling signal: term" in server.log_text())
        go_on.touch()
        client.join(timeout=30)
        assert server.process.wait(timeout=20) == 0
    assert answers == ["done"]


def test_metrics_are_summed_over_workers_alive_and_dead(server: Server) -> None:
    labels = 'method="GET",status="200",track="stable",url_rule="/popular"'
    name = f"flask_http_request_duration_seconds_count{{{labels}}}"
    assert sample(server, name) == 0
    for _ in range(60):
        requests.get(f"{server.url}/popular", timeout=10)
    eventually(lambda: sample(server, name) == 60)  # a worker's counts reach the others within a second
    victim = server.workers()[0]
    server.kill_worker()
    assert [sample(server, name) for _ in range(10)] == [60.0] * 10
    # What the dead one said of the present is gone, what it had counted is not.
    assert {path.name for path in metrics_dir(server).glob(f"*_{victim}.db")} == {
        f"counter_{victim}.db",
        f"histogram_{victim}.db",
    }
    info = f'marquee_model_info{{code_revision="abc1234",model="recommender",model_version="{VERSION}"'
    assert sample(server, f'{info},release="{VERSION}-abc1234",track="stable"}}') == 1


def test_metrics_do_not_grow_with_users(server: Server) -> None:
    def lines() -> int:
        return len(requests.get(f"{server.url}/metrics", timeout=10).text.splitlines())

    with requests.Session() as session:
        session.get(f"{server.url}/recommend/1", timeout=10)
        before = lines()
        for user in range(2, 300):
            session.get(f"{server.url}/recommend/{user}", timeout=10)
    assert lines() == before


def test_a_hangup_brings_new_workers_and_loses_no_counts(server: Server) -> None:
    requests.get(f"{server.url}/recommend/7", timeout=10)
    before = set(server.workers())
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: len(server.workers()) == 2 and not before & set(server.workers()))
    requests.get(f"{server.url}/recommend/7", timeout=10)
    name = 'marquee_recommendations_total{model="recommender",source="personal",track="stable"}'
    eventually(lambda: sample(server, name) == 2)
    folder = metrics_dir(server)
    stop(server)
    assert not folder.exists()


def test_the_metrics_of_an_earlier_run_are_gone(model_dir: Path, tmp_path: Path) -> None:
    environ = {"MODEL_DIR": str(model_dir), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    name = 'marquee_recommendations_total{model="recommender",source="personal",track="stable"}'

    def one_is_counted(by: Server) -> bool:
        return sample(by, name) == 1

    for _ in range(2):
        with serving(tmp_path / "log", environ) as server:
            assert sample(server, name) == 0
            requests.get(f"{server.url}/recommend/7", timeout=10)
            eventually(partial(one_is_counted, server))
    assert list((tmp_path / "metrics").glob("*.db"))


def test_a_worker_that_is_just_starting_does_not_break_the_metrics(server: Server) -> None:
    (metrics_dir(server) / "counter_999999.db").touch()
    (metrics_dir(server) / "gauge_livemax_999999.db").touch()
    assert (
        sample(server, 'marquee_recommendations_total{model="recommender",source="personal",track="stable"}')
        == 0
    )


def test_metrics_answer_whatever_a_query_names(server: Server) -> None:
    assert requests.get(f"{server.url}/metrics?name[]=nothing", timeout=10).status_code == 200


def test_a_temporary_folder_for_metrics_is_removed(server: Server) -> None:
    folder = metrics_dir(server)
    assert folder.is_dir()
    stop(server)
    assert not folder.exists()


def test_one_model_in_memory_serves_all_workers(server: Server) -> None:
    assert server.log_text().count("Settings: ") == 1
    for pid in server.workers():
        assert "user_factors.npy" in Path(f"/proc/{pid}/maps").read_text("ascii")


def test_nothing_is_left_in_the_home_directory(server: Server) -> None:
    server.kill_worker()
    assert [path.name for path in server.log.parent.iterdir()] == ["log"]
    stop(server)
    assert "ontrol socket" not in server.log_text()


def test_who_does_not_close_a_connection_keeps_nobody_waiting(model_dir: Path, tmp_path: Path) -> None:
    alone = {"MODEL_DIR": str(model_dir), "WORKERS": "1"}
    with serving(tmp_path / "log", alone) as server, ExitStack() as stack:
        for _ in range(60):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            connection.sendall(b"GET /popular HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        # Two seconds for each of them, one after the other, would be too long.
        assert requests.get(f"{server.url}/popular", timeout=10).ok
