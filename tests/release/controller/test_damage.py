"""The controller when one of its files is damaged."""

from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import Action, Kind, Phase
from tests.support.release.world import NEW, OLD, OTHER, World


def test_people_go_back_though_the_rejections_are_damaged(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    (world.paths.releases / "rejected.json").write_text("{", "utf-8")
    world.roll_back()
    assert world.until(Phase.PROMOTED).kind is Kind.ROLLBACK


def test_damaged_rejections_keep_requests_waiting_and_no_person_from_ending_a_release(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    path = world.paths.releases / "rejected.json"
    path.write_text("{", "utf-8")
    world.deploy(OTHER)
    assert f"{path} is damaged" in world.poll().trouble
    world.say(Action.ABORT)
    world.until(Phase.ABORTED)
    report = world.poll()
    assert f"{path} is damaged" in report.trouble
    world.polls(4)
    assert world.instances.runs["canary"] is None
    assert len(list(world.inbox.waiting())) == 1
    path.write_text("[]", "utf-8")
    assert world.until(Phase.BAKING).id == OTHER.release
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


def test_what_serves_is_known_from_the_last_release_while_its_file_is_damaged(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    (world.paths.releases / "serving.json").write_text("{", "utf-8")
    world.boot()
    world.instances.runs["stable-1"] = OLD.release
    for _ in range(20):
        assert "is damaged" in world.poll().trouble
    assert set(world.instances.runs.values()) == {NEW.release}


def test_a_damaged_file_of_an_older_release_is_in_nobodys_way(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTED)
    (oldest,) = world.paths.releases.glob("2*.json")
    world.deploy(OTHER)
    world.until(Phase.PROMOTED)
    oldest.write_text("{", "utf-8")
    world.boot()
    assert [one.release.id for one in world.store.history()] == [OTHER.release]
    world.roll_back(NEW)
    assert world.until(Phase.PROMOTED).id == NEW.release
