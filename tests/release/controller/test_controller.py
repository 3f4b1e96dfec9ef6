"""The controller with a world in which everything happens at once: whole releases, step by step."""

from auto_deployment.release.reconcile import NAMES, STABLE_NAMES
from auto_deployment.release.records import read_rejected, read_released, read_serving
from auto_deployment.release.release import Kind, Phase
from tests.support.release.world import NEW, OLD, World


def test_before_the_first_release_what_runs_is_taken_as_stable(world: World) -> None:
    world.poll()
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == OLD.release
    world.settle()
    assert world.instances.done == []


def test_a_good_candidate_serves_everybody_in_the_end(world: World) -> None:
    world.poll()
    world.promote()
    assert [change.phase for change in world.release.changes] == list(Phase)[:6]
    assert set(world.instances.runs.values()) == {NEW.release}
    assert set(world.instances.tags.values()) == {NEW.release}
    assert world.instances.done == [f"start {name} {NEW.release}" for name in ("canary", *STABLE_NAMES)]
    assert world.edge.traffic.names == frozenset(NAMES)
    serving = read_serving(world.paths)
    assert serving is not None
    assert (serving.release, serving.content_hash) == (NEW.release, NEW.content_hash)
    assert read_released(world.paths) == {"v1", "v2"}
    assert read_rejected(world.paths) == ()


def test_while_it_bakes_everybody_is_split_by_the_release(world: World) -> None:
    world.bake()
    assert world.edge.traffic.salt == NEW.release
    assert world.edge.traffic.names == frozenset(NAMES)


def test_at_no_moment_does_nobody_serve(world: World) -> None:
    world.promote()
    world.roll_back()
    world.until(Phase.PROMOTED)
    world.settle()
    assert all(len(traffic.names) >= 2 for traffic in world.edge.history)


def test_an_older_release_is_put_back_one_stable_at_a_time_and_the_newer_is_marked(world: World) -> None:
    world.promote()
    world.roll_back()
    release = world.until(Phase.PROMOTED)
    world.settle()
    assert release.kind is Kind.ROLLBACK
    assert set(world.instances.runs.values()) == {OLD.release}
    assert world.instances.done[-3:] == [f"start {name} {OLD.release}" for name in ("canary", *STABLE_NAMES)]
    serving = read_serving(world.paths)
    assert serving is not None
    assert serving.release == OLD.release
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


def test_going_back_to_what_serves_ends_what_is_under_way(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.roll_back()
    world.polls(3)
    assert world.release.phase is Phase.ABORTED
    assert [one.content_hash for one in read_rejected(world.paths)] == [NEW.content_hash]


def test_old_images_go_after_a_number_of_releases(world: World) -> None:
    world.images.tags = [NEW.release, *(f"v{number}-old" for number in range(90, 80, -1)), OLD.release]
    world.promote()
    assert world.images.tags == [
        NEW.release,
        *(f"v{number}-old" for number in range(90, 85, -1)),
        OLD.release,
    ]


def test_an_instance_that_stays_ill_between_releases_is_recreated(world: World) -> None:
    world.promote()
    before = len(world.instances.done)
    world.instances.ill = {"stable-2"}
    world.polls(8)
    world.instances.ill = set()
    world.settle()
    assert world.instances.done[before:] == [f"start stable-2 {NEW.release}"]
    assert world.edge.traffic.names == frozenset(NAMES)


def test_what_somebody_else_started_is_made_what_the_release_says(world: World) -> None:
    world.promote()
    world.instances.runs["stable-1"] = OLD.release
    world.settle()
    assert set(world.instances.runs.values()) == {NEW.release}
