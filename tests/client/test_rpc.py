"""The way over gRPC, against grpcio's own server."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from marquee_client import Answer, Recommender
from tests.client.conftest import PATIENT_RULE, PATIENT_S, Clock
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.recommend_rpc import RpcServer, movie_list, rpc_server

OWN = ("own+1",)
BUDGET_S = 0.25
CLIENT = PROJECT / "client" / "marquee_client"


@pytest.fixture
def server() -> Iterator[RpcServer]:
    with rpc_server() as server:
        yield server


@pytest.fixture
def client(server: RpcServer, clock: Clock) -> Iterator[Recommender]:
    address = f"grpc://127.0.0.1:{server.port}"
    with Recommender(
        address, OWN, budget_s=PATIENT_S, connect_s=PATIENT_S, rule=PATIENT_RULE, clock=clock
    ) as client:
        yield client


def fail_with(server: RpcServer, code: grpc.StatusCode, details: str = "why") -> None:
    server.answers = lambda request, context: context.abort(code, details)


def test_who_asks_is_said_in_metadata_for_those_who_read_no_messages(
    server: RpcServer, client: Recommender
) -> None:
    told: list[tuple[str, str | bytes]] = []

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        told.extend((key, value) for key, value in context.invocation_metadata() if key == "marquee-user")
        return movie_list(request, context)

    server.answers = answer
    client.recommend(42)
    assert told == [("marquee-user", "42")]


def test_a_list_comes_with_where_it_is_from(client: Recommender) -> None:
    assert client.recommend(42, n=5, exclude=["a", "b"], genre="Drama") == Answer(
        ("42", "5", "a", "b", "Drama", ""), "personal", "v1", "v1-abc", "canary"
    )
    assert client.recommend(2**63 - 1).ids[:2] == (str(2**63 - 1), "20")


def test_the_address_may_name_a_model(server: RpcServer) -> None:
    address = f"grpc://127.0.0.1:{server.port}/films"
    with Recommender(address, OWN, budget_s=PATIENT_S, connect_s=PATIENT_S, rule=PATIENT_RULE) as client:
        assert client.recommend(42).ids[-1] == "films"


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED]
)
def test_a_wrong_question_is_not_the_services_failure(
    client: Recommender, server: RpcServer, code: grpc.StatusCode
) -> None:
    fail_with(server, code)
    for _ in range(25):
        answer = client.recommend(42)
    assert answer == Answer(OWN, "fallback", reason=f"{code.name}: why")
    assert client.counts()["refused"] == 25
    assert not client.is_open


@pytest.mark.parametrize(
    ("code", "outcome", "asked"),
    [
        (grpc.StatusCode.INTERNAL, "error", 1),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "error", 1),
        (grpc.StatusCode.UNAVAILABLE, "unreachable", 2),
    ],
)
def test_a_failure_is_counted_and_only_what_nobody_heard_asked_again(
    client: Recommender, server: RpcServer, code: grpc.StatusCode, outcome: str, asked: int
) -> None:
    fail_with(server, code)
    assert client.recommend(42).is_fallback
    assert client.counts()[outcome] == 1
    assert server.asked == asked


def test_a_service_that_says_nothing_costs_the_budget(server: RpcServer) -> None:
    done = threading.Event()

    def hang(request: object, context: grpc.ServicerContext) -> object:
        done.wait()
        return movie_list(request, context)

    server.answers = hang
    began_s = time.monotonic()
    with Recommender(f"grpc://127.0.0.1:{server.port}", OWN, budget_s=BUDGET_S) as client:
        assert client.recommend(42).reason.startswith("DEADLINE_EXCEEDED")
        assert client.counts()["timeout"] == 1
    assert time.monotonic() - began_s < 30
    done.set()


def test_it_opens_tries_after_60_s_and_finds_a_service_that_was_started_again(clock: Clock) -> None:
    port = free_port()
    address = f"grpc://127.0.0.1:{port}"
    with Recommender(
        address, OWN, budget_s=PATIENT_S, connect_s=PATIENT_S, rule=PATIENT_RULE, clock=clock
    ) as client:
        with rpc_server(port):
            assert client.recommend(42).source == "personal"
        for _ in range(30):
            client.recommend(42)
        assert client.is_open
        assert client.counts()["unreachable"] == 19
        with rpc_server(port) as server:
            clock.pass_by(59)
            assert client.recommend(42).is_fallback
            assert server.asked == 0
            clock.pass_by(1)
            assert client.recommend(42).source == "personal"
            assert not client.is_open


def test_the_messages_are_those_of_the_service(tmp_path: Path) -> None:
    """What is shipped is what protoc makes of both descriptions, the client's and the service's."""
    shipped = (CLIENT / "marquee.binpb").read_bytes()
    for folder in (CLIENT, PROJECT / "app" / "rpc"):
        if not (folder / "marquee.proto").exists():
            continue
        out = tmp_path / "fresh.binpb"
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--descriptor_set_out={out}"]
        subprocess.run([*command, "marquee.proto"], check=True, timeout=60)
        assert out.read_bytes() == shipped, f"make {CLIENT.name}/marquee.binpb anew from {folder}"


def test_without_grpcio_the_address_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "marquee_client.rpc", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'marquee-client\[grpc\]'"):
        Recommender("grpc://localhost:8500", OWN)


def test_over_http_nothing_but_the_standard_library_is_loaded() -> None:
    program = (
        "from marquee_client import Recommender; Recommender('http://localhost:1', []).recommend(1);"
        "print(*{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(CLIENT.parent)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(done.stdout.split()) - {"__main__"} == {"marquee_client"}
