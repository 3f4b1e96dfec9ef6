"""The controller when one of its files cannot be written: what was decided happens, the file follows."""

import pytest

from auto_deployment.release.reconcile import STABLE_NAMES
from auto_deployment.release.records import read_rejected, read_serving
from auto_deployment.release.release import Action, Kind, Phase
from auto_deployment.release.store import Record, StateError
from tests.support.release.world import NEW, OLD, OTHER, World, build, full


@pytest.mark.parametrize("newer", [False, True])
def test_who_has_ended_goes_though_the_next_one_cannot_be_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch, newer: bool
) -> None:
    world.promote()
    world.bake(build("v3"))
    if newer:
        world.deploy(build("v4"))
    else:
        world.roll_back()
    write = world.store.write

    def full_for_the_next(record: Record) -> None:
        if record.release.phase is Phase.REQUESTED:
            raise StateError("make room")
        write(record)

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "write", full_for_the_next)
        world.polls(10)
        assert not world.release.under_way
        assert world.edge.traffic.names == frozenset(STABLE_NAMES)
        assert world.instances.runs["canary"] is None
    assert world.until(Phase.BAKING, Phase.PROMOTED).id == ("v4-abc1234" if newer else OLD.release)


def test_an_abort_that_was_heard_but_cannot_be_carried_out_spares_users(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bake()
    world.say(Action.ABORT)
    write = world.store.write

    def full_at_the_end(record: Record) -> None:  # the command fits, what follows from it does not
        if record.release.phase is Phase.ABORTED:
            raise StateError("make room")
        write(record)

    monkeypatch.setattr(world.store, "write", full_at_the_end)
    world.polls(5)
    assert world.release.phase is Phase.BAKING
    assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    assert world.instances.runs["canary"] is None


def test_what_serves_is_written_down_as_soon_as_there_is_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.consequences.write_serving", full)
        world.until(Phase.PROMOTED)
        world.deploy(OTHER)
        report = world.poll()
        assert "make room on the disk" in report.trouble
        assert set(world.instances.runs.values()) == {NEW.release}
        assert len(list(world.inbox.waiting())) == 1
    assert world.poll().trouble == ""
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == NEW.release
    assert world.until(Phase.BAKING).stable == NEW


def test_what_is_rejected_goes_at_once_and_is_written_down_as_soon_as_there_is_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.say(Action.ABORT)
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.consequences.add_rejected", full)
        world.deploy()
        world.polls(5)
        assert world.instances.runs["canary"] is None
        assert world.edge.traffic.names == frozenset(STABLE_NAMES)
    world.polls(3)
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]
    assert (world.release.phase, len(list(world.store.history()))) == (Phase.ABORTED, 1)


def test_people_go_back_though_it_cannot_be_written_down_what_was_rejected(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.promote()
    world.deploy(OTHER)
    world.until(Phase.BAKING)
    world.roll_back()  # ends the candidate, which is rejected by it
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.consequences.add_rejected", full)
        assert world.until(Phase.PROMOTED).id == OLD.release
        assert set(world.instances.runs.values()) == {OLD.release}
    world.polls(3)
    kinds = [one.release.kind for one in world.store.history()]
    assert kinds == [Kind.ROLLBACK, Kind.CANDIDATE, Kind.CANDIDATE]
    assert {one.release for one in read_rejected(world.paths)} == {OTHER.release, NEW.release}


def test_people_go_back_while_an_end_is_still_to_be_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    world.deploy(OTHER)
    world.until(Phase.BAKING)
    world.say(Action.ABORT)
    with monkeypatch.context() as patched:
        patched.setattr("auto_deployment.release.consequences.add_rejected", full)
        world.until(Phase.ABORTED)
        world.polls(3)
        world.roll_back()
        assert world.until(Phase.PROMOTED).id == OLD.release
    world.polls(2)
    assert {one.release for one in read_rejected(world.paths)} == {OTHER.release, NEW.release}


@pytest.mark.parametrize("damaged", [True, False])
def test_people_go_back_from_what_has_just_been_promoted_though_that_is_not_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    world.deploy(OTHER)
    world.until(Phase.PROMOTING)
    with monkeypatch.context() as patched:
        if damaged:
            (world.paths.releases / "serving.json").write_text("{", "utf-8")
        else:
            patched.setattr("auto_deployment.release.consequences.write_serving", full)
        world.until(Phase.PROMOTED)
        world.polls(2)
        world.roll_back(NEW)
        back = world.until(Phase.PROMOTED)
        assert (back.kind, back.stable, back.id) == (Kind.ROLLBACK, OTHER, NEW.release)
        assert set(world.instances.runs.values()) == {NEW.release}
    if damaged:
        (world.paths.releases / "serving.json").unlink()
    world.polls(3)
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == NEW.release
    assert {one.release for one in read_rejected(world.paths)} == {OTHER.release}
