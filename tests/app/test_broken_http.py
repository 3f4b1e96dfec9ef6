"""Requests that are no good HTTP: a problem with the service's headers, never a 5xx, never another form."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from app.config import MAX_REQUEST_LINE
from tests.app.conftest import VERSION
from tests.support.server import Server, serving

PLAIN = b"GET /recommend/7 HTTP/1.1\r\nHost: x\r\n"
TOO_LONG = b"GET /recommend/" + b"1" * (MAX_REQUEST_LINE - 23)  # with " HTTP/1.1" one character more


@pytest.fixture(scope="module")
def server(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("broken") / "log"
    with serving(log, {"MODEL_DIR": str(model_dir), "LOG_LEVEL": "ERROR"}) as server:
        yield server


def ask(server: Server, request: bytes) -> tuple[HTTPResponse, bytes]:
    """Send bytes as they are, and read one answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        return response, response.read()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /recommend/7\r\n\r\n", 400),
        (b"GET /recommend/7 HTTP/9.9\r\n\r\n", 400),
        (b"get /recommend/7 HTTP/1.1\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /recommend/\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET http://[::1/recommend/7 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (PLAIN + b"Host: y\r\n\r\n", 400),
        (PLAIN + b"No colon\r\n\r\n", 400),
        (PLAIN + b"X: a\x00b\r\n\r\n", 400),
        (PLAIN + b"X: " + b"a" * 9000 + b"\r\n\r\n", 400),
        (PLAIN + b"X: y\r\n" * 101 + b"\r\n", 400),
        (PLAIN + b"Content-Length: -1\r\n\r\n", 400),
        (PLAIN + b"Transfer-Encoding: nonsense\r\n\r\n", 400),
        (PLAIN + b"Expect: nonsense\r\n\r\n", 400),
        (PLAIN + b"X-Forwarded-Proto: https\r\nX-Forwarded-SSL: off\r\n\r\n", 400),
        (PLAIN + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /recommend//7 HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (TOO_LONG + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"A" * 100_000, 414),
    ],
    ids=lambda value: str(value[-40:]) if isinstance(value, bytes) else "",
)
def test_a_broken_request_is_answered_with_a_problem(
    server: Server, request_bytes: bytes, status: int
) -> None:
    response, body = ask(server, request_bytes)
    assert response.status == status
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    names = {"X-Model-Version", "X-Release", "X-Release-Track"}
    assert names <= set(response.headers)
    assert response.headers["X-Model-Version"] == VERSION


@pytest.mark.parametrize(
    "request_bytes",
    [
        TOO_LONG[:-1] + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /recommend/7 HTTP/1.0\r\n\r\n",
        b"GET http://example.org/recommend/7 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /recommend/7 HTTP/1.1\r\nHost: [\r\n\r\n",
        PLAIN + b"SCRIPT_NAME: /elsewhere\r\n\r\n",
        PLAIN + b"Cookie: \xff\xfe=;;;a=b\r\n\r\n",
        PLAIN + b"Content-Length: 2\r\n\r\nab",
        PLAIN + b"Range: bytes=0-1\r\nIf-None-Match: *\r\n\r\n",
    ],
    ids=lambda value: str(value[-40:]),
)
def test_an_odd_but_valid_request_is_answered(server: Server, request_bytes: bytes) -> None:
    response, body = ask(server, request_bytes)
    assert response.status == 200
    assert len(body.split(b",")) == 20


def test_a_connection_that_says_nothing_holds_up_nobody(server: Server) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    try:
        assert ask(server, PLAIN + b"\r\n")[0].status == 200
    finally:
        for connection in silent:
            connection.close()
