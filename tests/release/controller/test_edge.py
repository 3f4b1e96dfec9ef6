"""The controller when NGINX cannot be told, and when its log or Prometheus is away."""

import pytest

from auto_deployment.errors import MarqueeError
from auto_deployment.release.reconcile import STABLE_NAMES
from auto_deployment.release.release import Action, Phase
from tests.support.release.faults import polls
from tests.support.release.world import OLD, OTHER, World


def test_nobody_is_replaced_before_nginx_has_heard_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    served: list[bool] = []
    start = world.instances.start

    def start_and_note(name: str, release: str) -> None:
        served.append(name in world.edge.history[-1].names)
        start(name, release)

    monkeypatch.setattr(world.instances, "start", start_and_note)
    for _ in range(200):
        world.edge.deaf = not world.edge.deaf and world.users % 3 != 0
        polls(world, 1)
    assert (world.release.phase, served) == (Phase.PROMOTED, [False, False])
    world.edge.deaf = False
    world.settle()
    assert world.edge.history[-1] == world.edge.traffic


def test_an_aborted_canary_goes_though_nginx_cannot_be_told(world: World) -> None:
    world.bake()
    world.edge.deaf = True
    world.say(Action.ABORT)
    assert len(polls(world, 5)) == 5
    assert (world.release.phase, world.instances.runs["canary"]) == (Phase.ABORTED, None)
    assert world.instances.done.count("remove canary") == 1
    world.edge.deaf = False
    world.settle()
    assert world.edge.history[-1].names == frozenset(STABLE_NAMES)


def test_an_edge_log_that_cannot_be_read_keeps_a_candidate_waiting_and_nobody_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()

    def unreadable(*words: object) -> None:
        raise MarqueeError("the edge log cannot be read")

    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.observe.observer.EdgeReader.begin", unreadable)
        world.deploy(OTHER)
        world.instances.ill = {"stable-1"}
        world.polls(12)
        assert world.poll().trouble == "the edge log cannot be read"
        assert world.instances.runs["canary"] is None
        assert f"start stable-1 {OLD.release}" in world.instances.done
    world.instances.ill = set()
    assert world.until(Phase.BAKING).id == OTHER.release


def test_a_log_that_stops_while_requests_flow_is_no_evidence(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.per_poll, asked = 0, world.requests
    for number in range(40):
        world.requests = asked + 200 * number
        world.poll()
        if world.release.phase is Phase.ABORTED:
            break
    assert "Metrics have been unavailable" in world.release.reason


def test_without_prometheus_the_window_waits_and_then_it_is_aborted(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.metrics.down = True
    world.polls(5)
    world.metrics.down = False
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    world.metrics.down = True
    assert "Metrics have been unavailable" in world.until(Phase.ABORTED).reason
