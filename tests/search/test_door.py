"""What a shard answers before Gunicorn and Flask is what they would answer; all else is left to them."""

import shutil
import socket
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask

from search.holder import Holder
from search.http.door import EXTENSION, Door, request_of
from search.http.wire import CONTENT_TYPE, question_to_bytes
from search.part import Part, Question
from search.shard import create_shard, part_of
from tests.support.search import small_catalogue
from tests.support.search_processes import SearchProcess
from tests.support.search_services import EMBEDDING, publish_index
from tests.support.waiting import eventually

ADDRESS = "127.0.0.1:8090"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("door")
    version = publish_index(root / "indexes", small_catalogue())
    (root / "indexes" / "current").symlink_to(version)
    return root


@pytest.fixture(scope="module")
def version(root: Path) -> str:
    return (root / "indexes" / "current").resolve().name


@pytest.fixture(scope="module")
def app(root: Path) -> Flask:
    holder: Holder[Part] = Holder(root / "indexes", lambda folder: part_of(0, folder))
    holder.look()
    return create_shard(holder, 0)


def good(version: str, clusters: tuple[int, ...] = (), count: int = 5) -> bytes:
    return question_to_bytes(
        version, Question(EMBEDDING.embed(["river"])[0], clusters, count, [1, 2], [1990])
    )


def split(said: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, content = said.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    return status, dict(one.split(": ", 1) for one in fields), content


def test_its_answers_are_those_of_the_route(app: Flask, version: str) -> None:
    door: Door = app.extensions[EXTENSION]
    seen = set()
    for content in (
        good(version), good("x"), good(version, (10**6,)), good(version, count=0), b"{}", good(version)[:-1],
    ):  # fmt: skip
        said = door.take(request_of(ADDRESS, content))
        assert said is not None
        status, fields, body = split(said)
        route = app.test_client().post("/search", data=content, content_type=CONTENT_TYPE)
        assert (status, body) == (
            f"HTTP/1.1 {route.status_code} {HTTPStatus(route.status_code).phrase}",
            route.data,
        )
        assert fields == {"Content-Type": route.content_type, "Content-Length": str(len(route.data))}
        seen.add(route.status_code)
    assert seen == {200, 400, 409}


def test_what_is_not_one_whole_question_is_left(version: str) -> None:
    def never(content: bytes) -> tuple[int, str, bytes]:
        raise AssertionError(content)

    door, whole = Door(never), request_of(ADDRESS, good(version))
    for came in (
        b"",
        whole[:-1],  # the rest is still to come
        whole + b"G",  # and the next one has begun
        whole[:40],
        whole.replace(b"POST", b"PUT"),
        whole.replace(b"/search", b"/status"),
        whole.replace(b"HTTP/1.1", b"HTTP/1.0"),
        whole.replace(b"octet-stream", b"json"),
        whole.replace(b"Content-Length: ", b"Content-Length: 0"),
        whole.replace(b"\r\nContent-Type", b"\r\nTransfer-Encoding: chunked\r\nContent-Type"),
        whole.replace(b"\r\nContent-Type", b"\r\nConnection: close\r\nContent-Type"),
        whole.replace(ADDRESS.encode(), b"two words"),
        b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        assert door.take(came) is None


@pytest.fixture(scope="module")
def shard(root: Path) -> Iterator[SearchProcess]:
    """Return a shard as a process, which Gunicorn runs."""
    found = SearchProcess(root, "shard", "shard", "--number", "0")
    (found.root / "current").symlink_to((root / "indexes" / "current").resolve())
    found.start()
    eventually(lambda: found.holds((root / "indexes" / "current").resolve().name), 60, saying=found.log)
    yield found
    found.kill()
    shutil.rmtree(found.root)


def read(connection: socket.socket) -> tuple[str, dict[str, str], bytes]:
    """Return the next answer of a connection."""
    came = b""
    while b"\r\n\r\n" not in came:
        more = connection.recv(1)
        assert more, came
        came += more
    status, fields, _ = split(came)
    content = b""
    while len(content) < int(fields["Content-Length"]):
        content += connection.recv(int(fields["Content-Length"]) - len(content))
    return status, fields, content


def test_one_connection_takes_both_ways(shard: SearchProcess, version: str) -> None:
    """Gunicorn names itself in each of its answers, the door does not."""
    whole, status = request_of(shard.address, good(version)), b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shard.port), 30) as connection:
        answers = []
        for sent in (whole, status, whole, request_of(shard.address, b"{}"), whole):
            connection.sendall(sent)
            answers.append(read(connection))
    assert ["Server" in fields for _, fields, _ in answers] == [False, True, False, False, False]
    assert [line.split()[1] for line, _, _ in answers] == ["200", "200", "200", "400", "200"]
    assert answers[0] == answers[2] == answers[4]


def test_a_question_that_comes_in_pieces_is_answered_all_the_same(shard: SearchProcess, version: str) -> None:
    whole = request_of(shard.address, good(version))
    with socket.create_connection(("127.0.0.1", shard.port), 30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(whole)
        expected = read(connection)
        connection.sendall(whole[:60])
        connection.sendall(whole[60:300])
        connection.sendall(whole[300:])
        pieces = read(connection)
        connection.sendall(whole + whole)
        both = [read(connection), read(connection)]
    assert [one[2] for one in (pieces, *both)] == [expected[2]] * 3


def test_who_leaves_without_an_answer_leaves_the_others_alone(shard: SearchProcess, version: str) -> None:
    whole = request_of(shard.address, good(version))
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", shard.port), 30) as connection:
            connection.sendall(whole)
    for sent in (b"", b"POST /sea", b"\x00\xff\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", shard.port), 30) as connection:
            connection.sendall(sent)
    with socket.create_connection(("127.0.0.1", shard.port), 30) as connection:
        connection.sendall(whole)
        assert read(connection)[0] == "HTTP/1.1 200 OK"
    assert "Traceback" not in shard.log()
