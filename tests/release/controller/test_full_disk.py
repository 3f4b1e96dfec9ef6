"""The controller with a full disk: the release stops, users are protected all the same."""

import pytest

from auto_deployment.release.judge.judge import judge
from auto_deployment.release.judge.judgement import ReleaseVerdict
from auto_deployment.release.phases import judge_params
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import NAMES, STABLE_NAMES
from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import Action, Kind, Phase
from tests.support.release.world import NEW, OLD, OTHER, World, build, full_disk


def refused(*words: object) -> None:
    raise PortError("NGINX cannot be told (No space left on device).")


def test_a_full_disk_stops_the_release_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    before = world.store.newest()
    assert before is not None
    ticks = len(before.ticks)

    with full_disk(monkeypatch):
        for _ in range(100):  # longer than the window
            world.polls(1)
        assert "make room" in world.poll().trouble
        world.instances.ill = {"stable-2"}
        world.polls(10)
        world.instances.ill = set()
        world.settle()
        assert world.instances.done[-1] == f"start stable-2 {OLD.release}"
        assert world.edge.traffic.names == frozenset(NAMES)
    assert world.release.phase is Phase.BAKING
    stopped = world.store.newest()
    assert stopped is not None
    assert len(stopped.ticks) == ticks
    world.until(Phase.PROMOTED)
    record = world.store.newest()
    assert record is not None
    baking = [tick for tick in record.ticks if tick.phase == "baking"]
    assert sum(tick.of("canary").users for tick in baking) > 0


def test_with_a_full_disk_a_candidate_that_errs_serves_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.bad = lambda user: user % 10 == 0
    with full_disk(monkeypatch):
        world.polls(60)
        for _ in range(20):
            world.poll()
            assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
        assert world.release.phase is Phase.BAKING
    assert "bad" in world.until(Phase.ABORTED).reason
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


@pytest.mark.parametrize("edge_is_full", [False, True])
@pytest.mark.parametrize("before", [None, Action.EXTEND])
def test_with_a_full_disk_a_persons_abort_protects_users_all_the_same(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    edge_is_full: bool,
    before: Action | None,
) -> None:
    caplog.set_level("INFO")
    world.bake()
    if before:
        world.say(before, seconds=60)
    world.say(Action.ABORT)
    with full_disk(monkeypatch) as patched:
        if edge_is_full:
            patched.setattr(world.edge, "write", refused)
            for _ in range(3):
                with pytest.raises(PortError, match="No space"):
                    world.poll()
        else:
            for _ in range(10):
                assert "make room" in world.poll().trouble
            assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
    assert world.release.phase is Phase.BAKING
    assert world.until(Phase.ABORTED).reason == "Aborted by ann."
    assert caplog.text.count("abort by ann") == 1


def test_with_a_full_disk_going_back_ends_a_candidate_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.promote()
    world.bake(build("v3"))
    world.roll_back()
    with full_disk(monkeypatch):
        world.polls(10)
        assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
    back = world.until(Phase.PROMOTED)
    assert (back.kind, back.id) == (Kind.ROLLBACK, OLD.release)


def test_with_a_full_disk_a_canary_that_was_taken_away_by_hand_stays_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.instances.runs["canary"] = None
    with full_disk(monkeypatch):
        world.polls(30)
        assert world.instances.runs["canary"] is None


def test_a_full_disk_that_starts_no_candidate_lets_others_be_put_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.instances.runs["canary"] = None
    world.instances.ill = {"stable-1"}
    with full_disk(monkeypatch):
        world.polls(12)
    assert f"start stable-1 {OLD.release}" in world.instances.done
    assert world.instances.done.count(f"start canary {NEW.release}") == 1


@pytest.mark.parametrize("said", [True, False])
def test_an_abort_that_waits_for_room_comes_before_a_newer_candidate(
    world: World, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    world.bake()
    if said:
        world.say(Action.ABORT)
    else:
        world.bad = lambda user: user % 10 == 0
    with full_disk(monkeypatch) as patched:
        world.polls(60)
        assert world.instances.runs["canary"] is None
        patched.undo()
        world.deploy(OTHER)
        world.bad = lambda user: False
    assert world.until(Phase.BAKING).id == OTHER.release
    first = list(world.store.history())[-1]
    assert first.release.phase is Phase.ABORTED
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]
    if not said:
        params = judge_params(first.release, world.params)
        assert judge(first.ticks, params).verdict is ReleaseVerdict.ABORT  # its evidence is kept


def test_a_log_that_stops_while_the_disk_is_full_is_no_evidence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(4)
    with full_disk(monkeypatch) as patched:
        patched.setattr(world, "serve", lambda count: setattr(world, "requests", world.requests + count))
        world.polls(15)
    world.polls(2)
    record = world.store.newest()
    assert record is not None
    assert [tick.metrics_available for tick in record.ticks][-1] is False
