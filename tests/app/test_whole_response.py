"""A list leaves a worker in one piece: half an answer cannot be asked for again elsewhere."""

from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from app.worker import WholeResponse


class Wire:
    """A socket that remembers what was sent, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.pieces.append(bytes(data))


def respond(method: str, headers: list[tuple[str, str]], *parts: bytes) -> list[bytes]:
    wire = Wire()
    request: Any = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False)
    response = WholeResponse(request, wire, Config())
    response.start_response("200 OK", headers)
    for part in parts:
        response.write(part)
    response.close()
    return wire.pieces


def test_head_and_body_are_sent_at_once() -> None:
    (piece,) = respond("GET", [("Content-Length", "5"), ("X-Release-Track", "canary")], b"a,b,c")
    head, _, body = piece.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-Release-Track: canary" in head.split(b"\r\n")
    assert body == b"a,b,c"


@pytest.mark.parametrize(
    ("method", "headers", "parts", "body"),
    [
        ("GET", [("Content-Length", "4")], (b"ab", b"cd"), b"abcd"),
        ("GET", [], (b"ab", b"cd"), b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"),
        ("HEAD", [("Content-Length", "2")], (b"ab",), b""),
        ("GET", [("Content-Length", "0")], (b"",), b""),
    ],
    ids=["in parts", "chunked", "head", "empty"],
)
def test_other_answers_are_sent_as_gunicorn_does(
    method: str, headers: list[tuple[str, str]], parts: tuple[bytes, ...], body: bytes
) -> None:
    sent = b"".join(respond(method, headers, *parts))
    assert sent.partition(b"\r\n\r\n")[2] == body
