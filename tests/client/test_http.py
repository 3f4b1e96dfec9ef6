"""The way over HTTP: what may come over a connection, and when a call ends."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path

import pytest

from marquee_client import Recommender
from marquee_client.address import Address
from marquee_client.deadline import Deadline
from marquee_client.errors import CallFailedError
from marquee_client.http import HttpWay
from marquee_client.http.connection import Connection
from marquee_client.wish import Wish
from tests.client.conftest import PATIENT_RULE, PATIENT_S
from tests.support.certificates import make_certificates
from tests.support.ports import free_port
from tests.support.scripted_server import HEADERS, Last, ScriptedServer, reply, scripted

OWN = ("own+1",)
BUDGET_S = 0.25
LATE_S = 30.0  # a busy machine is late; without a budget these calls would take minutes, or never end


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[Recommender]:
    with Recommender(server.url, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as client:
        yield client


@pytest.fixture
def hasty(server: ScriptedServer) -> Iterator[Recommender]:
    with Recommender(server.url, OWN, budget_s=BUDGET_S) as client:
        yield client


def test_a_connection_is_used_again(client: Recommender, server: ScriptedServer) -> None:
    server.answers = lambda path, number: reply(status="200 OK" if number % 2 else "400 Bad Request")
    for _ in range(10):
        client.recommend(42)
    assert len(server.heads) == 10
    assert len(server.connections) == 1


def test_a_connection_that_the_service_closed_meanwhile_costs_no_call(
    client: Recommender, server: ScriptedServer
) -> None:
    client.recommend(42)
    server.close_connections()
    assert client.recommend(43).source == "personal"
    assert len(server.connections) == 2
    assert client.counts()["answered"] == 2


def test_a_service_that_hangs_up_on_every_question_is_asked_twice_at_most(
    client: Recommender, server: ScriptedServer
) -> None:
    client.recommend(42)
    server.answers = lambda path, number: None
    assert (
        client.recommend(42).reason == "The answer broke off: Remote end closed connection without response."
    )
    assert len(server.heads) == 3  # over the kept connection, and once over a new one
    client.recommend(42)
    assert len(server.heads) == 4  # over a new one: that is no connection that was closed meanwhile
    assert client.counts()["error"] == 2


class Reset(Connection):
    """A kept connection that is reset, after some bytes of an answer or before."""

    def __init__(self, received: int) -> None:
        super().__init__(socket.socket(), Deadline(PATIENT_S))
        self.received = received

    def ask(self, question: bytes, deadline: Deadline) -> HTTPResponse:
        raise ConnectionResetError("reset")


@pytest.mark.parametrize(("received", "asked"), [(0, 1), (17, 0)])
def test_a_question_whose_answer_had_begun_is_not_asked_again(
    server: ScriptedServer, received: int, asked: int
) -> None:
    way = HttpWay(Address.parsed(server.url), PATIENT_S)
    way._idle.put(Reset(received))
    with suppress(CallFailedError):
        way.ask(Wish(42), Deadline(PATIENT_S))
    assert len(server.heads) == asked
    way.reset()


def test_an_answer_that_asks_to_close_is_the_last_of_its_connection(
    client: Recommender, server: ScriptedServer
) -> None:
    server.answers = lambda path, number: reply(headers=HEADERS + "Connection: close\r\n")
    assert [client.recommend(42).source for _ in range(3)] == ["personal"] * 3
    assert len(server.connections) == 3


def test_a_list_in_chunks_is_a_list(client: Recommender, server: ScriptedServer) -> None:
    head = f"HTTP/1.1 200 OK\r\n{HEADERS}Transfer-Encoding: chunked\r\n\r\n"
    server.answers = lambda path, number: f"{head}4\r\nheat\r\n5\r\n+1995\r\n0\r\n\r\n".encode()
    assert [client.recommend(42).ids for _ in range(2)] == [("heat+1995",)] * 2
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply()[:-3], "The answer broke off: IncompleteRead"),
        (reply()[:40], "The answer does not say how long it is."),
        (b"SSH-2.0-OpenSSH\r\n", "The answer broke off: SSH-2.0-OpenSSH"),
        (reply(headers=""), "What answers there is not Marquee: no X-Recommendation-Source."),
        (reply("x" * 300_000), "The answer is larger than 262144 bytes."),
        (f"HTTP/1.1 200 OK\r\n{HEADERS}\r\nheat".encode(), "The answer does not say how long it is."),
        (
            f"HTTP/1.1 200 OK\r\n{HEADERS}Content-Length: 1\r\n\r\n".encode() + b"\xff",
            "The list is not UTF-8.",
        ),
    ],
    ids=["half a body", "half a head", "no HTTP", "not Marquee", "too large", "no length", "no text"],
)
def test_what_is_no_answer_is_a_failure(
    client: Recommender, server: ScriptedServer, answer: bytes, reason: str
) -> None:
    server.answers = lambda path, number: Last(answer)
    assert client.recommend(42).reason.startswith(reason)
    assert client.counts()["error"] == 1
    server.answers = lambda path, number: reply()
    assert client.recommend(42).source == "personal"


def test_no_service_is_known_at_once() -> None:
    port = free_port()
    with Recommender(f"http://127.0.0.1:{port}", OWN) as client:
        assert client.recommend(42).reason == f"127.0.0.1:{port} refuses the connection."
        assert client.counts()["unreachable"] == 1


def test_a_service_that_says_nothing_costs_the_budget(hasty: Recommender, server: ScriptedServer) -> None:
    server.answers = lambda path, number: b""
    began_s = time.monotonic()
    assert hasty.recommend(42).reason == "No whole answer came within the budget."
    assert BUDGET_S <= time.monotonic() - began_s < LATE_S
    assert hasty.counts()["timeout"] == 1


def test_a_service_that_sends_byte_after_byte_costs_the_budget(server: ScriptedServer) -> None:
    """Each byte comes well within the budget, all of them take ten times as long."""
    stop = threading.Event()

    def drip(path: str, number: int) -> bytes:
        for byte in reply("x" * 1_000):
            server.connections[-1].sendall(bytes([byte]))
            if stop.wait(0.01):
                break
        return b""

    server.answers = drip
    began_s = time.monotonic()
    with Recommender(server.url, OWN, budget_s=1) as client:
        assert client.recommend(42).reason == "No whole answer came within the budget."
    assert time.monotonic() - began_s < LATE_S
    stop.set()


def test_a_host_that_takes_no_connection_costs_the_budget() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        with (
            socket.create_connection(address),
            Recommender(f"http://127.0.0.1:{address[1]}", OWN, budget_s=BUDGET_S) as client,
        ):
            reasons = {client.recommend(42).reason for _ in range(3)}
            # The kernel takes one or two that nobody accepts; the next one waits for its connection.
            assert f"No connection to 127.0.0.1:{address[1]} in time." in reasons


def test_a_name_server_that_says_nothing_costs_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *args: object, **flags: int) -> object:
        if flags["flags"] & socket.AI_NUMERICHOST:
            return real(host, *args, **flags)  # type: ignore[arg-type]
        looked_up.wait()
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Recommender("http://marquee.invalid", OWN, budget_s=BUDGET_S) as client:
        assert client.recommend(42).reason == "No connection to marquee.invalid:80 in time."
        looked_up.set()
        assert "There is no host 'marquee.invalid'" in client.recommend(42).reason
        assert client.counts()["unreachable"] == 2


def test_a_name_server_that_went_away_is_not_missed(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Recommender(f"http://localhost:{server.port}", OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as client:
        assert client.recommend(42).source == "personal"
        server.close_connections()

        def gone(host: str, *args: object, **flags: int) -> object:
            raise socket.gaierror(-3, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", gone)
        assert client.recommend(42).source == "personal"


def test_the_address_may_have_a_path_before_the_services_own(server: ScriptedServer) -> None:
    with Recommender(f"{server.url}/models/films/", OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as client:
        client.recommend(42)
    assert server.paths == ["/models/films/recommend/42"]
    assert f"Host: 127.0.0.1:{server.port}\r\n" in server.heads[0]


def test_https_asks_whom_it_trusts_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "broker.pem")
    with scripted(tls=context) as server:
        address = f"https://localhost:{server.port}"
        with Recommender(address, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as stranger:
            assert "certificate verify failed" in stranger.recommend(42).reason
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with Recommender(address, OWN, budget_s=PATIENT_S, rule=PATIENT_RULE) as client:
            assert [client.recommend(42).source for _ in range(2)] == ["personal"] * 2
