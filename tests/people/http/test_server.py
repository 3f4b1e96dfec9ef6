"""The command that serves: real processes that take turns, and what a kill leaves behind."""

import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.dataset.corrections.names import number_in
from auto_deployment.paths import Paths
from tests.people.conftest import ANN
from tests.people.http.conftest import EVENTS, NEW, TOKEN
from tests.support.commands import said_by
from tests.support.http import send
from tests.support.ingest.killed import KILLED
from tests.support.own_server import own_server
from tests.support.ports import free_port
from tests.support.project import PROJECT

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def environ_of(root: Path, **named: str) -> dict[str, str]:
    return {
        "DATA_DIR": str(root), "PARAMS_FILE": str(PROJECT / "params.yaml"), "PATH": os.environ["PATH"],
        "HOME": str(root), "EVENTS_PORT": str(free_port()), "PYTHONPATH": str(PROJECT), **named,
    }  # fmt: skip


@contextmanager
def serving(root: Path, *program: str) -> Iterator[str]:
    """Run the service in a process group of its own; yield where its users are."""
    token = root.parent / "token"
    token.write_text(f"{TOKEN}\n", "utf-8")
    environ = environ_of(root, EVENTS_TOKEN_FILE=str(token))
    words = [sys.executable, *(program or ("-m", "auto_deployment")), "events", "serve"]
    url = f"http://127.0.0.1:{environ['EVENTS_PORT']}"
    with own_server(words, environ, root.parent / "log", url):
        yield url


def post(url: str, body: Mapping[str, object], key: str) -> requests.Response:
    headers = AUTHORIZED | {"Idempotency-Key": key}
    return requests.post(f"{url}{EVENTS}", json=body, headers=headers, timeout=60)


def added(root: Path) -> list[str]:
    """Return the hours of ann's ratings of brazil."""
    found = events_of(Paths(root).segments, ANN, (1.0, 5.0))
    return [f"{one.time:%H:%M}" for one in found if one.movie_id == "brazil+1985"]


def at(minute: int) -> dict[str, object]:
    return {**NEW, "time": f"2026-01-02T10:{minute:02}:00"}


@pytest.mark.parametrize(("token", "says"), [(None, "is not set"), ("short", "has only 5 characters")])
def test_without_a_token_that_is_hard_to_guess_it_does_not_start(
    root: Path, token: str | None, says: str
) -> None:
    environ = environ_of(root) | ({} if token is None else {"EVENTS_TOKEN": token})
    (sentence,) = said_by(environ, "events", "serve").splitlines()
    assert f"The token of EVENTS_TOKEN_FILE {says}: name a file" in sentence


def test_commands_and_two_workers_that_write_at_once_lose_nothing(root: Path) -> None:
    """Each minute is added twice over HTTP, at once: once it is new, whoever comes first."""
    with serving(root) as url, ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(post, url, at(minute), str(minute)) for minute in range(8) for _ in range(2)]
        for minute in range(20, 23):
            said = said_by(
                environ_of(root), "events", "add", str(ANN), "brazil+1985", f"2026-01-02T10:{minute}",
                "--rating", "3",
            )  # fmt: skip
            assert said == "added\n"
        answers = [one.result() for one in asked]
        port = int(url.rpartition(":")[2])
        broken = [
            send(port, text) for text in (b"nonsense\r\n\r\n", b"GET /%b HTTP/1.1\r\n\r\n" % (b"9" * 9_000))
        ]
    assert [one.status for one in broken] == [400, 414]
    assert {one.headers["content-type"] for one in broken} == {"application/problem+json"}
    assert sorted(one.status_code for one in answers) == [200] * 8 + [201] * 8, [one.text for one in answers]
    assert added(root) == [f"10:{minute:02}" for minute in (*range(8), *range(20, 23))]
    numbers = [number_in(path) for path in Paths(root).segments.glob("correction-*")]
    assert sorted(numbers) == list(range(1, 12))


@pytest.mark.parametrize(("left", "is_there"), [(0, False), (1, False), (2, True)])
def test_a_worker_that_is_killed_while_it_writes_has_written_all_or_nothing(
    root: Path, left: int, is_there: bool
) -> None:
    """Kill at each sync: of the file before it is shown, and of the folder after that."""
    killed = KILLED.format(call="fsync", left=left, first="")
    before = sorted(path.name for path in Paths(root).segments.glob("*.parquet"))
    with serving(root, "-c", killed) as url, pytest.raises(requests.ConnectionError):
        post(url, at(0), "one")
    assert added(root) == ["10:00"] * is_there
    assert len(list(Paths(root).segments.glob("*.parquet"))) == len(before) + is_there
    with serving(root) as url:
        answers = [post(url, at(0), "one") for _ in range(2)]
    because = ["same key" if is_there else "new", "same key"]
    assert [one.json()["because"] for one in answers] == because
    assert added(root) == ["10:00"]
