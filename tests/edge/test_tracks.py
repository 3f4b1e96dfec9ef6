"""The page of both tracks asks the one that its address names, and is nobody's evidence."""

import signal

import pytest

from auto_deployment.edge.nginx_config import UpstreamServer, upstream
from auto_deployment.host.files import replace_text
from auto_deployment.release.judge.ticks import TRACKS
from auto_deployment.release.observe.edge_log import EdgeReader, Follows
from tests.support.edge.edge import Edge
from tests.support.edge.stub_instance import StubInstance, fail, hang, slow
from tests.support.http import get
from tests.support.waiting import eventually

Instances = dict[str, StubInstance]


def answers(edge: Edge, path: str) -> tuple[int, str]:
    reply = get(edge.port, path)
    return reply.status, reply.headers.get("x-release-track", "")


def test_each_address_is_asked_of_its_track_whoever_the_user_is(edge: Edge, instances: Instances) -> None:
    for user in range(20):
        assert answers(edge, f"/tracks/canary?user={user}") == (200, "canary")
        assert answers(edge, f"/tracks/stable?user={user}") == (200, "stable")
    assert all("?user=19 " in one.requests[-1].partition("\r")[0] for one in [instances["canary"]])


def test_only_the_page_can_be_asked_of_a_track(edge: Edge) -> None:
    """No list of `/recommend` comes from another track than the user's own."""
    tracks = {answers(edge, f"/recommend/{user}?track=canary")[1] for user in range(100)}
    assert tracks == {"stable", "canary"}
    for path in ("/tracks/canary/recommend/1", "/tracks/canary/", "/tracks/other"):
        answers(edge, path)
    lines = [line for line in edge.log(103) if line["path"].startswith("/tracks")]
    assert {line["user"] for line in lines} == {""}


@pytest.mark.parametrize("behaviour", [hang, None])
def test_a_canary_that_does_not_answer_leaves_the_page_to_stable_and_users_where_they_are(
    edge: Edge, instances: Instances, behaviour: object
) -> None:
    if behaviour is None:
        instances["canary"].refuse()
    else:
        instances["canary"].behaviour = hang
    assert answers(edge, "/tracks/canary?user=1") == (200, "stable")


def test_a_page_that_says_what_is_wrong_with_the_canary_is_shown(edge: Edge, instances: Instances) -> None:
    instances["canary"].behaviour = fail(503)
    assert answers(edge, "/tracks/canary") == (503, "canary")


def test_without_a_canary_stable_answers(edge: Edge, instances: Instances) -> None:
    stable = [UpstreamServer(instances[name].address, 40) for name in ("stable-1", "stable-2")]
    replace_text(edge.layout.upstream_conf, upstream(stable, "next", 1))
    edge.process.send(signal.SIGHUP)
    eventually(lambda: answers(edge, "/tracks/canary?user=1") == (200, "stable"))


def test_the_judge_reads_these_lines_and_counts_nothing(edge: Edge, instances: Instances) -> None:
    tracks = {one.port: one.track for one in instances.values()}
    reader = EdgeReader.begin(Follows(edge.layout.edge_log, tracks, 0.001), "next")
    get(edge.port, "/recommend/1")
    for _ in range(5):
        get(edge.port, "/tracks/canary?user=1")
        get(edge.port, "/tracks/stable?user=2")
    instances["canary"].refuse()
    get(edge.port, "/tracks/canary?user=3")
    lines = edge.log(12)
    assert len({tuple(line) for line in lines}) == 1, "each line has the same fields"
    read = reader.read()
    assert (read.lines, read.damaged, read.foreign_attempts) == (12, 0, 0)
    counts = [read.counts[track] for track in TRACKS]
    assert sum(one.requests for one in counts) == sum(one.users for one in counts) == 1
    assert sum(one.attempts for one in counts) == 1
    assert sum(one.bad_attempts for one in counts) == 0


def test_who_looks_at_a_page_waits_for_a_slow_instance(edge: Edge, instances: Instances) -> None:
    for instance in instances.values():
        instance.behaviour = slow(0.5)
    for path in ("/?user=1", "/tracks/canary?user=1"):
        assert answers(edge, path)[0] == 200


def test_with_all_instances_hung_the_answer_is_a_problem_in_words(edge: Edge, instances: Instances) -> None:
    for instance in instances.values():
        instance.behaviour = hang
    reply = get(edge.port, "/similar/film+1")
    assert reply.status in (503, 504)
    assert reply.headers["content-type"] == "application/problem+json"
