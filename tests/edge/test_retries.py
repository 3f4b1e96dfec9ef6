"""What one sick instance costs a user: one attempt, never the answer."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.support.edge.edge import Edge, running_edge
from tests.support.edge.stub_instance import (
    Behaviour,
    StubInstance,
    answer,
    close,
    fail,
    hang,
    reset,
    slow,
)
from tests.support.http import Reply, get, get_many
from tests.support.who import users_of

Instances = dict[str, StubInstance]
SICK = {
    "500": fail(500),
    "502": fail(502),
    "503": fail(503),
    "504": fail(504),
    "closed": close,
    "reset": reset,
    "slow": slow(0.4),
    "hung": hang,
}


@pytest.mark.parametrize("behaviour", SICK.values(), ids=SICK.keys())
def test_a_user_of_a_sick_canary_is_served_by_a_stable_instance_within_600_ms(
    edge: Edge, instances: Instances, behaviour: Behaviour
) -> None:
    instances["canary"].behaviour = behaviour
    user = next(users_of(instances, "canary"))
    reply = get(edge.port, f"/recommend/{user}")
    assert reply.status == 200
    assert reply.headers["x-release-track"] == "stable"
    (line,) = edge.log(1)
    assert line["request_time"] < 0.6
    assert line["track"] == "stable"


def test_with_a_stopped_canary_every_user_is_served_by_a_stable_instance(
    edge: Edge, instances: Instances
) -> None:
    instances["canary"].refuse()
    assert get_many(edge.port, [f"/recommend/{user}" for user in range(1, 1001)]) == {200: 1000}
    lines = edge.log(1000)
    assert {line["track"] for line in lines} == {"stable"}
    assert all(line["request_time"] < 0.6 for line in lines)


def test_the_log_lists_every_attempt_of_a_retried_request(edge: Edge, instances: Instances) -> None:
    instances["canary"].behaviour = slow(0.4)
    get(edge.port, f"/recommend/{next(users_of(instances, 'canary'))}")
    (line,) = edge.log(1)
    first, second = line["upstream_addr"].split(", ")
    assert first == instances["canary"].address
    assert second in {instances["stable-1"].address, instances["stable-2"].address}
    assert line["upstream_status"] == "504, 200"
    times = [float(time_s) for time_s in line["upstream_response_time"].split(", ")]
    assert times[0] == pytest.approx(0.25, abs=0.2)
    assert line["status"] == 200


def test_a_hung_and_a_refusing_instance_leave_time_for_the_third(edge: Edge, instances: Instances) -> None:
    instances["canary"].behaviour = hang
    instances["stable-1"].refuse()
    users = list(islice(users_of(instances, "canary"), 20))
    assert get_many(edge.port, [f"/recommend/{user}" for user in users]) == {200: 20}
    lines = edge.log(20)
    assert {line["track"] for line in lines} == {"stable"}
    assert max(line["request_time"] for line in lines) < 0.6


def test_two_hung_instances_cost_two_attempts_and_end_in_the_static_list(
    edge: Edge, instances: Instances, static_list: str
) -> None:
    for instance in instances.values():
        instance.behaviour = hang
    reply = get(edge.port, "/recommend/42")
    assert (reply.status, reply.body.decode()) == (200, static_list)
    (line,) = edge.log(1)
    assert line["upstream_status"] == "504, 504"
    assert line["request_time"] < 0.6
    assert sum(len(instance.requests) for instance in instances.values()) == 2


def test_a_hung_instance_is_left_alone_for_a_second_and_then_tried_again(
    edge: Edge, instances: Instances
) -> None:
    instances["canary"].behaviour = hang
    users = list(islice(users_of(instances, "canary"), 50))
    assert get_many(edge.port, [f"/recommend/{user}" for user in users], connections=1) == {200: 50}
    tried = len(instances["canary"].requests)
    assert 1 <= tried < 10
    lines = edge.log(50)
    assert all(line["track"] == "stable" and line["request_time"] < 0.6 for line in lines)


def test_answers_that_are_no_failures_are_passed_on_without_a_retry(edge: Edge, instances: Instances) -> None:
    for status in (400, 404, 405, 414):
        for instance in instances.values():
            instance.behaviour = fail(status)
        reply = get(edge.port, "/recommend/42")
        assert reply.status == status
        assert reply.body.startswith(b"answer of ")
    assert sum(len(instance.requests) for instance in instances.values()) == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_what_is_not_asked_with_get_or_head_reaches_no_instance(
    edge: Edge, instances: Instances, method: str
) -> None:
    reply = get(edge.port, "/recommend/42", method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
    assert reply.headers["content-type"] == "application/problem+json"
    assert not any(instance.requests for instance in instances.values())


def test_head_is_retried_like_get(edge: Edge, instances: Instances) -> None:
    instances["canary"].behaviour = close
    user = next(users_of(instances, "canary"))
    reply = get(edge.port, f"/recommend/{user}", method="HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert edge.log(1)[0]["upstream_status"] == "502, 200"


@pytest.fixture
def unforgiving(tmp_path: Path, instances: Instances) -> Iterator[Edge]:
    """NGINX that avoids whoever has failed once for longer than a test lasts."""
    addresses = [instance.address for instance in instances.values()]
    with running_edge(tmp_path / "unforgiving", addresses, fail_timeout_s=600) as running:
        yield running


def avoided(edge: Edge, instances: Instances) -> int:
    """Let each instance fail once, as without a processor to spare; return how many lines the log has."""
    before = {name: instance.behaviour for name, instance in instances.items()}
    for instance in instances.values():
        instance.behaviour = close
    users = [next(users_of(instances, name)) for name in instances]
    for user in users:
        get(edge.port, f"/recommend/{user}")
    for name, instance in instances.items():
        instance.behaviour = before[name]
    return len(edge.log(len(users)))


def test_while_all_are_avoided_a_stable_one_is_asked_and_not_the_canary(
    unforgiving: Edge, instances: Instances
) -> None:
    instances["canary"].behaviour = hang
    before = avoided(unforgiving, instances)
    users = list(islice(users_of(instances, "canary"), 20))
    assert get_many(unforgiving.port, [f"/recommend/{user}" for user in users]) == {200: 20}
    lines = unforgiving.log(before + 20)[before:]
    assert {line["track"] for line in lines} == {"stable"}
    assert max(line["request_time"] for line in lines) < 0.6


def test_while_all_are_avoided_a_stable_one_has_all_the_time_that_a_caller_has(
    unforgiving: Edge, instances: Instances
) -> None:
    before = avoided(unforgiving, instances)
    for name in ("stable-1", "stable-2"):
        instances[name].behaviour = slow(0.35)
    assert get(unforgiving.port, "/recommend/42").headers["x-release-track"] == "stable"
    (line,) = unforgiving.log(before + 1)[before:]
    assert 0.35 <= line["request_time"] < 0.6


@pytest.mark.parametrize(("attempt_ms", "until_s"), [(302, 0.34), (360, 0.44)])
def test_after_an_attempt_that_ended_late_a_stable_one_is_asked_for_a_short_time(
    tmp_path: Path, instances: Instances, attempt_ms: int, until_s: float
) -> None:
    """As if NGINX had got the processor late; once more where it really has."""
    addresses = [instance.address for instance in instances.values()]
    for number in range(5):
        place = tmp_path / str(number)
        with running_edge(place, addresses, fail_timeout_s=600, attempt_timeout_ms=attempt_ms) as edge:
            reply, line = ask_the_canary_alone(edge, instances)
        if float(line["upstream_response_time"].partition(" ")[0].strip(",")) < until_s:
            break
    assert reply.headers["x-release-track"] == "stable"
    assert line["request_time"] < 0.6


def ask_the_canary_alone(edge: Edge, instances: Instances) -> tuple[Reply, dict[str, Any]]:
    """Ask a canary that hangs while both stables are avoided, as each has failed once."""
    stables = ("stable-1", "stable-2")
    for name, behaviour in [*((name, close) for name in stables), ("canary", answer)]:
        instances[name].behaviour = behaviour
    for name in stables:
        get(edge.port, f"/recommend/{next(users_of(instances, name))}")
    for name, behaviour in [*((name, answer) for name in stables), ("canary", hang)]:
        instances[name].behaviour = behaviour
    reply = get(edge.port, f"/recommend/{next(users_of(instances, 'canary'))}")
    return reply, edge.log(len(stables) + 1)[-1]


@pytest.mark.parametrize("path", ["/recommend/42", "/similar/a+film+2001"])
def test_while_all_are_avoided_and_no_stable_one_is_there_the_canary_is_asked(
    unforgiving: Edge, instances: Instances, path: str
) -> None:
    before = avoided(unforgiving, instances)
    for name in ("stable-1", "stable-2"):
        instances[name].refuse()
    assert get(unforgiving.port, path).headers["x-release-track"] == "canary"
    (line,) = unforgiving.log(before + 1)[before:]
    assert line["request_time"] < 0.6
