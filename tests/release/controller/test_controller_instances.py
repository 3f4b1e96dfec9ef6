"""The controller when instances fall, stay ill or cannot be started."""

import pytest

from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import STABLE_NAMES
from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import Action, Phase
from tests.support.release.faults import broken, polls
from tests.support.release.world import NEW, OLD, World


def test_how_often_the_container_ended_that_is_replaced_says_nothing_of_what_comes(world: World) -> None:
    world.poll()
    world.instances.restarts = {"stable-1": 9, "stable-2": 9, "canary": 9}
    world.deploy()
    world.until(Phase.PROMOTED)
    world.instances.restarts = {"stable-1": 9, "stable-2": 9, "canary": 9}
    world.roll_back()
    assert world.until(Phase.PROMOTED, Phase.ABORTED).phase is Phase.PROMOTED


@pytest.mark.parametrize("name", STABLE_NAMES)
def test_a_stable_that_ends_again_and_again_with_the_new_release_ends_the_promotion(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    start = world.instances.start

    def start_and_fall(instance: str, release: str) -> None:
        start(instance, release)
        if instance == name:
            world.instances.restarts[name] = 9

    monkeypatch.setattr(world.instances, "start", start_and_fall)
    assert f"{name} ended 9 times" in world.until(Phase.ABORTED).reason


def test_how_ill_a_stable_was_with_the_old_release_says_nothing_of_the_new_one(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {OLD.release}
    world.polls(14)
    world.say(Action.PROMOTE)
    world.until(Phase.PROMOTED)


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.PROMOTING])
def test_what_cannot_be_started_is_given_up_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    world.deploy()
    if phase is Phase.PROMOTING:
        world.until(phase)
    monkeypatch.setattr(world.instances, "start", broken)
    assert "the engine has no room" in polls(world, 30)[0]
    assert world.release.phase is Phase.ABORTED
    assert "could not be started" in world.release.reason
    assert read_rejected(world.paths) == ()
    monkeypatch.undo()
    world.deploy()
    world.until(Phase.PROMOTED)


def test_an_instance_that_cannot_be_put_anew_has_not_ended_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {"canary"}
    with monkeypatch.context() as patched:
        patched.setattr(world.instances, "start", broken)
        assert len(polls(world, 12)) > 4
    world.instances.ill = set()
    world.polls(3)
    record = world.store.newest()
    assert record is not None
    assert (record.release.phase, record.recreated.get("canary", 0)) == (Phase.BAKING, 0)


def test_an_aborted_canary_goes_though_it_is_the_only_one_that_serves(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {OLD.release}
    world.polls(30)
    world.say(Action.ABORT)
    world.polls(10)
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    assert world.instances.runs["canary"] is None


def test_an_aborted_canary_goes_though_nobody_else_can_be_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.instances.ill = {OLD.release}
    monkeypatch.setattr(world.instances, "start", broken)
    polls(world, 30)
    world.say(Action.ABORT)
    polls(world, 6)
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    assert world.instances.runs["canary"] is None


def test_an_instance_that_cannot_be_started_lets_others_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.poll()
    start = world.instances.start

    def start_others(name: str, release: str) -> None:
        if name == "stable-1":
            raise PortError("docker compose: no")
        start(name, release)

    monkeypatch.setattr(world.instances, "start", start_others)
    world.instances.ill = {"stable-1"}
    world.instances.runs["stable-2"] = None
    assert polls(world, 20)
    assert world.instances.runs["stable-2"] == OLD.release
    assert "stable-2" in world.edge.traffic.names


def test_who_is_well_serves_though_another_cannot_be_put_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    start = world.instances.start

    def start_new(name: str, release: str) -> None:
        if release == OLD.release:
            raise PortError("docker compose: no such image")
        start(name, release)

    monkeypatch.setattr(world.instances, "start", start_new)
    world.instances.ill = {OLD.release}
    polls(world, 10)
    world.say(Action.PROMOTE)
    for _ in range(100):
        polls(world, 1)
    assert world.release.phase is Phase.PROMOTED
    assert set(world.instances.runs.values()) == {NEW.release}


def test_a_canary_that_cannot_be_started_again_is_not_rejected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.instances.runs["canary"] = None
    monkeypatch.setattr(world.instances, "start", broken)
    polls(world, 30)
    assert (world.release.phase, world.release.blameless) == (Phase.ABORTED, True)
    assert read_rejected(world.paths) == ()
