"""What the controller does with several requests, and who waits for whom."""

import pytest

from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import Action, Kind, Phase
from tests.support.release.faults import broken, polls
from tests.support.release.world import NEW, OLD, OTHER, World, build


def test_a_newer_candidate_starts_from_nothing(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    newer = build("v3")
    world.deploy(newer)
    world.poll()
    history = [record.release for record in world.store.history()]
    assert [(one.id, one.phase) for one in history] == [
        (newer.release, Phase.STARTING),
        (NEW.release, Phase.SUPERSEDED),
    ]
    assert newer.release in history[1].reason
    world.until(Phase.PROMOTED)
    assert set(world.instances.runs.values()) == {newer.release}
    assert read_rejected(world.paths) == ()


@pytest.mark.parametrize(("first", "second"), [("v2", "v3"), ("v3", "v2")])
def test_of_two_deploys_at_once_the_later_counts(world: World, first: str, second: str) -> None:
    world.deploy(build(first))
    world.deploy(build(second))
    world.poll()
    phases = [(one.release.id, one.release.phase) for one in world.store.history()]
    assert phases == [(f"{second}-abc1234", Phase.STARTING), (f"{first}-abc1234", Phase.SUPERSEDED)]
    world.boot()
    assert world.until(Phase.PROMOTED).id == f"{second}-abc1234"


def test_the_same_deploy_twice_is_one_release(world: World) -> None:
    world.deploy()
    world.deploy()
    world.poll()
    assert len(list(world.store.history())) == 1


def test_what_serves_is_not_released_again(world: World) -> None:
    world.deploy(OLD)
    world.polls(3)
    assert world.store.newest() is None


@pytest.mark.parametrize("at_once", [False, True])
def test_a_candidate_waits_until_what_is_put_back_serves(world: World, at_once: bool) -> None:
    world.promote()
    world.roll_back()
    if not at_once:
        world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    back = world.until(Phase.PROMOTED)
    assert (back.kind, back.id) == (Kind.ROLLBACK, OLD.release)
    following = world.until(Phase.BAKING)
    assert (following.id, following.stable) == (OTHER.release, OLD)


def test_a_candidate_waits_until_the_one_before_serves(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    world.deploy(build("v4"))
    assert world.until(Phase.PROMOTED).id == NEW.release
    following = world.until(Phase.BAKING)
    assert (following.id, following.stable) == ("v4-abc1234", NEW)
    assert read_rejected(world.paths) == ()


def test_a_person_is_heard_though_a_candidate_waits(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    world.say(Action.ABORT)
    world.until(Phase.ABORTED)
    assert world.until(Phase.BAKING).id == OTHER.release


def test_the_image_of_who_waits_is_kept(world: World) -> None:
    world.images.tags = [f"v{number}-old" for number in range(20)] + [OTHER.release]
    world.deploy()
    world.until(Phase.PROMOTING)
    world.deploy(OTHER)
    world.until(Phase.PROMOTED)
    assert OTHER.release in world.images.tags
    assert "v19-old" not in world.images.tags


def test_whoever_was_superseded_is_told_of_though_the_look_fails_or_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.deploy(OTHER)
    with monkeypatch.context() as patched:
        patched.setattr(world.instances, "look", broken)
        polls(world, 2)
    told = [(one.release.id, one.release.phase) for one in world.poll().changed]
    assert told[:2] == [(NEW.release, Phase.SUPERSEDED), (OTHER.release, Phase.REQUESTED)]
    world.boot()
    assert [one.release.id for one in world.poll().changed][:2] == [NEW.release, OTHER.release]
    assert world.poll().changed == ()


def test_what_cannot_be_read_in_the_inbox_is_in_nobodys_way(world: World) -> None:
    world.poll()
    (world.paths.releases / "inbox" / "20260301T060000000000-1.json").mkdir(parents=True)
    world.deploy()
    world.until(Phase.BAKING)


def test_a_damaged_file_in_the_inbox_is_put_aside(world: World) -> None:
    world.poll()
    folder = world.paths.releases / "inbox"
    folder.mkdir(exist_ok=True)
    (folder / "20260301-x.json").write_text("{", "utf-8")
    world.deploy()
    world.poll()
    assert world.release.phase is Phase.STARTING
    assert sorted(path.name for path in folder.iterdir()) == ["20260301-x.damaged", "heard"]


def test_a_candidate_that_never_ran_is_not_rejected_by_going_back(world: World) -> None:
    world.promote()
    world.deploy(OTHER)
    world.roll_back()
    world.until(Phase.PROMOTED)
    world.polls(3)
    assert {one.release for one in read_rejected(world.paths)} == {NEW.release}
    world.deploy(OTHER)
    assert world.until(Phase.BAKING).id == OTHER.release
