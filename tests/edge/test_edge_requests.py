"""What NGINX lets through, and what it answers itself."""

import json

import pytest

from tests.support.edge.edge import Edge
from tests.support.edge.stub_instance import StubInstance, fail
from tests.support.http import get, send

Instances = dict[str, StubInstance]


def received(instances: Instances) -> list[str]:
    return [request for instance in instances.values() for request in instance.requests]


def test_a_bad_user_id_is_the_service_s_to_refuse(edge: Edge, instances: Instances) -> None:
    for instance in instances.values():
        instance.behaviour = fail(400)
    for user in ("-5", "abc", "4%202", "", "42%0a"):
        assert get(edge.port, f"/recommend/{user}").body.startswith(b"answer of ")
    assert len(received(instances)) == 5


def test_200_excluded_ids_fit_into_a_request(edge: Edge, instances: Instances) -> None:
    query = ",".join(f"{'a+very+long+title+' * 8}{number}" for number in range(200))
    path = f"/recommend/42?exclude={query}"
    assert 28_000 < len(path) < 32_000
    assert get(edge.port, path).status == 200
    assert path in received(instances)[0]


PROBLEMS = {
    "a line of more than 32 KB": (f"GET /recommend/42?{'a' * 33_000} HTTP/1.1\r\nHost: t\r\n", 414),
    "a header of more than 32 KB": (f"GET / HTTP/1.1\r\nHost: t\r\nA: {'a' * 33_000}\r\n", 400),
    "a body": ("GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 5000\r\n", 413),
    "no host": ("GET / HTTP/1.1\r\n", 400),
    "a null byte": ("GET /%00 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n", 400),
    "another protocol": ("GET / HTTP/7.0\r\nHost: t\r\n", 400),
    "an unknown encoding": (
        "GET / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: x\r\nConnection: close\r\n",
        400,
    ),
    "TRACE": ("TRACE / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n", 405),
}


@pytest.mark.parametrize(("request_text", "status"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_what_is_no_proper_request_is_a_problem_with_a_sentence(
    edge: Edge, instances: Instances, request_text: str, status: int
) -> None:
    reply = send(edge.port, f"{request_text}\r\n{'b' * 5000}".encode())
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    document = json.loads(reply.body)
    assert document["status"] == status
    assert document["detail"].endswith(".")
    assert received(instances) == []
    assert edge.log(1)[0]["status"] == status


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "/%6detrics",
        "//metrics",
        "/a/../metrics",
        "/score/7?movies=a",
        "//score/7",
        "/.problem",
    ],
)
def test_internal_addresses_are_closed(edge: Edge, instances: Instances, path: str) -> None:
    reply = get(edge.port, path)
    assert reply.status == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert received(instances) == []


def test_health_of_nginx_is_its_own_and_that_of_the_service_is_passed_through(
    edge: Edge, instances: Instances
) -> None:
    assert get(edge.port, "/nginx-health").body == b"ok\n"
    assert received(instances) == []
    assert get(edge.port, "/health/ready").body.startswith(b"answer of ")
    for instance in instances.values():
        instance.behaviour = fail(503)
    reply = get(edge.port, "/health/ready")
    assert reply.status == 503
    assert reply.headers["content-type"] == "application/problem+json"


def test_only_what_the_service_needs_of_a_request_reaches_it(edge: Edge, instances: Instances) -> None:
    cookies = f"Cookie: {'a' * 20_000}\r\nX-Release-Track: canary\r\nAccept: application/json\r\n"
    reply = get(edge.port, "/recommend/42?n=5", cookies)
    (request,) = received(instances)
    first, *headers = request.strip().split("\r\n")
    assert first == "GET /recommend/42?n=5 HTTP/1.1"
    assert sorted(headers) == [
        "Accept: application/json",
        "Host: test",
        f"X-Request-ID: {reply.headers['x-request-id']}",
    ]


def test_the_answer_names_no_version_of_nginx(edge: Edge) -> None:
    assert get(edge.port, "/recommend/42").headers["server"] == "nginx"


def test_counters_for_the_exporter_are_on_a_port_of_their_own(edge: Edge) -> None:
    assert b"Active connections" in get(edge.status_port, "/stub_status").body
    assert get(edge.status_port, "/recommend/42").status == 404
    assert get(edge.port, "/stub_status").body.startswith(b"answer of ")
