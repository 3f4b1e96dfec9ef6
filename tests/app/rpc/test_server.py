"""What a running instance says of itself, and what clients may do to it."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import requests
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from app.rpc import marquee_pb2 as pb
from app.rpc.calls import SERVICE
from tests.support.rpc import Caller, RpcServer
from tests.support.waiting import eventually

SERVING = health_pb2.HealthCheckResponse.SERVING


def test_health_is_said_of_the_server_and_of_the_service(caller: Caller) -> None:
    stub = health_pb2_grpc.HealthStub(caller.channel)
    for service in ("", SERVICE):
        assert stub.Check(health_pb2.HealthCheckRequest(service=service)).status == SERVING
    with pytest.raises(grpc.RpcError) as unknown:
        stub.Check(health_pb2.HealthCheckRequest(service="other"))
    assert unknown.value.code() == grpc.StatusCode.NOT_FOUND


def test_reflection_tells_services_and_messages(caller: Caller) -> None:
    found = ProtoReflectionDescriptorDatabase(caller.channel)
    assert {SERVICE, "grpc.health.v1.Health"} <= set(found.get_services())
    assert found.FindFileContainingSymbol(SERVICE).name == "marquee.proto"


def test_calls_are_counted_by_method_and_status_and_never_by_user(server: RpcServer, caller: Caller) -> None:
    def lines() -> set[str]:
        text = requests.get(f"{server.url}/metrics", timeout=10).text
        return {line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")}

    names = {
        'marquee_rpc_calls_total{code="OK",method="Recommend",track="stable"}': 40.0,
        'marquee_rpc_duration_seconds_count{method="Recommend",track="stable"}': 42.0,
        'marquee_rpc_calls_total{code="NOT_FOUND",method="Recommend",track="stable"}': 2.0,
        'marquee_recommendations_total{model="recommender",source="personal",track="stable"}': 36.0,
        'marquee_recommendations_total{model="recommender",source="popular",track="stable"}': 4.0,
    }
    series, before = lines(), {name: server.sample(name) for name in names}
    for user in range(1, 41):
        caller.recommend(user)
    for user in (1, 2):
        with pytest.raises(grpc.RpcError):
            caller.recommend(user, model="x")
    eventually(lambda: {name: server.sample(name) - before[name] for name in names} == names)
    assert lines() == series
    info = 'marquee_model_info{code_revision="abc1234",model="recommender"'
    version = "20261101T0000-00000000"
    named = f'{info},model_version="{version}",release="{version}-abc1234",track="stable"}}'
    assert server.sample(named) == 1


@pytest.mark.parametrize("method", ["Recommend", "Popular"])
def test_the_edge_is_told_in_headers_what_it_writes_down_and_nobody_else(caller: Caller, method: str) -> None:
    ask = caller.channel.unary_unary(f"/{SERVICE}/{method}", None, pb.MovieList.FromString)
    reply, call = ask.with_call(b"", metadata=(("marquee-edge", "1"), ("marquee-user", "0")), timeout=30)
    assert dict(call.initial_metadata()) == {
        "x-model-version": reply.model_version,
        "x-release": reply.release,
        "x-release-track": "stable",
        "x-recommendation-source": "popular",
    }
    _, call = ask.with_call(b"", metadata=(("marquee-user", "0"),), timeout=30)
    assert not call.initial_metadata()


def test_a_thousand_connections_are_answered(server: RpcServer) -> None:
    callers = [Caller(server.target) for _ in range(1000)]
    asked = [
        caller.begin("Recommend", pb.RecommendRequest(user=number % 50 + 1))
        for number, caller in enumerate(callers)
    ]
    assert {len(one.result().movie_ids) for one in asked} == {20}
    assert connections(server.port) >= 1000
    for caller in callers:
        caller.channel.close()
    eventually(lambda: connections(server.port) < 100)
    assert len(server.workers()) == 2


def connections(port: int) -> int:
    """Return how many connections to a port are established."""
    tables = [Path(f"/proc/net/{name}").read_text("ascii").splitlines()[1:] for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def is_stopped(pid: int) -> bool:
    stats = [path.read_text("ascii") for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


def test_clients_who_say_nothing_hold_nobody_up(server: RpcServer, caller: Caller) -> None:
    """Four times as many calls as there are threads begin and send no message; another speaks no HTTP/2."""
    release = threading.Event()

    def silence() -> Iterator[bytes]:
        release.wait()
        yield from ()

    channels = [Caller(server.target).channel for _ in range(8)]
    for channel in channels:
        for _ in range(2):
            channel.stream_unary(f"/{SERVICE}/Recommend", None, None).future(silence())
    with socket.create_connection(("127.0.0.1", server.port)) as other:
        other.sendall(b"GET / HTTP/1.1\r\n\r\n")
        for user in range(1, 20):
            assert caller.recommend(user).movie_ids
    release.set()
    for channel in channels:
        channel.close()


def test_a_client_that_is_gone_in_the_middle_of_a_call_costs_nothing(
    server: RpcServer, caller: Caller
) -> None:
    for _ in range(20):
        going = Caller(server.target)
        calls = [going.begin("Popular", pb.PopularRequest()) for _ in range(10)]
        calls[0].result(30)
        going.channel.close()
    assert caller.recommend(1).movie_ids
    assert "Traceback" not in server.log_text()


def test_a_call_has_its_deadline_while_nobody_answers(server: RpcServer) -> None:
    caller = Caller(server.target)
    caller.recommend(1)
    workers = server.workers()
    try:
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        # On a busy host a stop takes until one of the threads gets a processor; the others answer meanwhile.
        eventually(lambda: all(is_stopped(pid) for pid in workers))
        with pytest.raises(grpc.RpcError) as late:
            caller.call("Recommend", pb.RecommendRequest(user=1), timeout_s=0.2)
        assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert not requests.get(f"{server.url}/health/ready", timeout=30).ok
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    assert caller.recommend(1).movie_ids
