"""A server in this process: what has begun is answered, whatever becomes of connections."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from app.config import Settings
from app.rpc import marquee_pb2 as pb
from app.rpc import server as rpc_server
from app.rpc.calls import Calls
from app.rpc.parts import Parts, build
from app.rpc.server import RpcServer
from tests.support.models import in_use
from tests.support.ports import free_port
from tests.support.rpc import Caller, Load
from tests.support.waiting import eventually


@pytest.fixture
def parts(model_dir: Path) -> Parts:
    return build(Settings(model_dir=model_dir, rpc_port=free_port(), rpc_drain_s=0))


@pytest.fixture
def target(parts: Parts) -> str:
    return f"127.0.0.1:{parts.settings.rpc_port}"


def start(parts: Parts) -> RpcServer:
    server = RpcServer(parts.settings, Calls(parts.models, parts.metrics))
    server.start(parts.models)
    return server


def gets_in(target: str) -> bool:
    try:
        health_pb2_grpc.HealthStub(Caller(target).channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
    except grpc.RpcError:
        return False
    return True


def test_a_call_that_has_begun_is_answered_after_the_stop(
    parts: Parts, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def similar(*_: object) -> tuple[list[int], list[float]]:
        begun.set()
        go_on.wait(60)
        return [0], [1.0]

    monkeypatch.setattr(in_use(parts.models.first.slot).recommender, "similar", similar)
    server = start(parts)
    replies: list[Any] = []
    asked = pb.SimilarRequest(movie="film+0+1950")
    call = threading.Thread(target=lambda: replies.append(Caller(target).call("Similar", asked)))
    call.start()
    assert begun.wait(60)
    stopping = threading.Thread(target=server.stop, args=(60,))
    stopping.start()
    eventually(lambda: not gets_in(target))
    assert stopping.is_alive()
    go_on.set()
    call.join(60)
    stopping.join(60)
    assert len(replies[0].movie_ids) == 1


def test_who_watches_health_learns_of_the_stop(parts: Parts, target: str) -> None:
    server = start(parts)
    watched: Iterator[Any] = health_pb2_grpc.HealthStub(Caller(target).channel).Watch(
        health_pb2.HealthCheckRequest()
    )
    assert next(watched).status == health_pb2.HealthCheckResponse.SERVING
    stopping = threading.Thread(target=server.stop, args=(0.1,))
    stopping.start()
    assert next(watched).status == health_pb2.HealthCheckResponse.NOT_SERVING
    stopping.join(60)


def test_health_follows_the_self_test(parts: Parts, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(parts)
    stub = health_pb2_grpc.HealthStub(Caller(target).channel)
    monkeypatch.setattr("app.models.named.self_test", lambda recommender: "its lists are wrong")
    server.tell_health(parts.models)
    found = stub.Check(health_pb2.HealthCheckRequest())
    assert found.status == health_pb2.HealthCheckResponse.NOT_SERVING
    server.stop(0)


def test_connections_that_are_old_are_left_without_losing_a_call(
    parts: Parts, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    young = {"grpc.max_connection_age_ms": 100, "grpc.max_connection_age_grace_ms": 5000}
    options = tuple((name, young.get(name, value)) for name, value in rpc_server.OPTIONS)
    monkeypatch.setattr(rpc_server, "OPTIONS", options)
    server = start(parts)
    with Load([Caller(target) for _ in range(4)]) as load:
        load.after(1500)
    assert load.statuses.keys() == {"OK"}
    server.stop(0)
