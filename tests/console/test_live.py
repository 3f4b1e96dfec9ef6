"""The stream as it is really served: many pages, few places, slow clients, and news for all."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from auto_deployment.console.live.stream import MOST_STREAMS
from auto_deployment.console.server import THREADS
from tests.console.conftest import TOKEN
from tests.support.http import get
from tests.support.own_server import own_server
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

# A stream that soon has sent more than anybody's buffers hold, and waits half a second for who takes nothing.
MUCH = """
import itertools, os, flask
from auto_deployment.console.live import stream
from auto_deployment.console.server import console_server
stream.EVERY_S, stream.SLOW_S, numbers = 0.05, 0.5, itertools.count()
app = flask.Flask("much")
app.add_url_rule("/health/live", "live", lambda: "well")
stream.Live(lambda: {"number": next(numbers), "much": "x" * 1_000_000}).add_to(app)
console_server(app, "127.0.0.1", int(os.environ["CONSOLE_PORT"]), "INFO").run()
"""


@contextmanager
def serving(root: Path, *program: str) -> Iterator[tuple[int, int]]:
    """Run the console in a process group of its own; yield its port and the worker's process id."""
    port = free_port()
    token = root / "token"
    token.write_text(f"{TOKEN}\n", "utf-8")
    environ = {
        "DATA_DIR": str(root / "data"), "PARAMS_FILE": str(PROJECT / "params.yaml"), "HOME": str(root),
        "PATH": os.environ["PATH"], "CONSOLE_PORT": str(port), "CONSOLE_TOKEN_FILE": str(token),
    }  # fmt: skip
    words = [sys.executable, *(program or ("-m", "auto_deployment", "console"))]
    with own_server(words, environ, root / "log", f"http://127.0.0.1:{port}") as process:
        (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield port, int(worker)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, Path]]:
    root = tmp_path_factory.mktemp("console")
    with serving(root) as (port, worker):
        yield port, worker, root / "data"


def open_stream(port: int, stack: ExitStack) -> socket.socket:
    """Ask for the stream and read nothing of it yet."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
    connection.sendall(b"GET /live HTTP/1.1\r\nHost: test\r\n\r\n")
    return connection


def first_line(connection: socket.socket) -> str:
    return connection.recv(12).decode()


def threads(worker: int) -> int:
    return len(list(Path(f"/proc/{worker}/task").iterdir()))


def is_free(port: int) -> bool:
    """Tell whether a place is free again: leaving is noticed with the next thing that is sent."""
    with ExitStack() as stack:
        return "200" in first_line(open_stream(port, stack))


def events(answer: requests.Response) -> Iterator[dict[str, Any]]:
    for line in answer.iter_lines():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_an_open_page_is_told_of_a_release_when_there_is_one(console: tuple[int, int, Path]) -> None:
    port, _, data = console
    eventually(lambda: is_free(port))
    with requests.get(f"http://127.0.0.1:{port}/live", stream=True, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        told = events(answer)
        before = next(told)["release"]
        (data / "releases").mkdir(parents=True, exist_ok=True)
        (data / "releases" / "20260301T120000000000_v9-abc.json").write_bytes(b"{")
        assert next(told)["release"] != before


@pytest.mark.slow
def test_two_hundred_open_pages_hold_few_threads_and_the_rest_is_told_to_ask(
    console: tuple[int, int, Path],
) -> None:
    port, worker, _ = console
    with ExitStack() as stack:
        connections = [open_stream(port, stack) for _ in range(200)]
        said = [first_line(connection) for connection in connections]
        assert said.count("HTTP/1.1 200") <= MOST_STREAMS
        assert said.count("HTTP/1.1 503") >= 200 - MOST_STREAMS
        assert threads(worker) <= THREADS + 5
        reply = get(port, "/live")
        assert (reply.status, reply.headers["retry-after"]) == (503, "30")
        assert get(port, "/").status == 200  # pages are answered all the same
        assert json.loads(get(port, "/live.json").body).keys() == {"live", "release"}
    eventually(lambda: is_free(port), within_s=60)


def test_clients_that_take_nothing_lose_their_places(tmp_path: Path) -> None:
    with serving(tmp_path, "-c", MUCH) as (port, _), ExitStack() as stack:
        for _ in range(MOST_STREAMS):
            assert first_line(open_stream(port, stack)) == "HTTP/1.1 200"
        assert first_line(open_stream(port, stack)) == "HTTP/1.1 503"
        eventually(lambda: is_free(port))
