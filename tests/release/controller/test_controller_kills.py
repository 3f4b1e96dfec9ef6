"""The controller when it, or everything, is killed: it goes on where it was."""

import pytest

from auto_deployment.release.reconcile import SetTraffic
from auto_deployment.release.release import Action, Phase
from tests.support.release.faults import polls
from tests.support.release.world import NEW, World


def test_killed_at_any_moment_it_goes_on_and_counts_nobody_twice(world: World) -> None:
    world.deploy()
    for number in range(1000):
        world.poll()
        if world.release.phase is Phase.PROMOTED:
            break
        if number % 7 in (0, 1, 2):
            world.boot()  # killed after this look
    world.boot()
    world.settle()
    assert set(world.instances.runs.values()) == {NEW.release}
    record = world.store.newest()
    assert record is not None
    counted = sum(tick.of(track).users for tick in record.ticks for track in ("stable", "canary"))
    assert 0 < counted <= world.users


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.WARMING, Phase.BAKING, Phase.PROMOTING])
def test_after_everything_was_killed_the_release_goes_on(world: World, phase: Phase) -> None:
    """A reboot: `up -d` starts what the tags say, whatever was there before."""
    world.deploy()
    world.until(phase)
    world.poll()
    world.instances.runs = dict(world.instances.tags)
    world.boot()
    world.until(Phase.PROMOTED)


def test_after_an_abort_a_reboot_cannot_bring_the_candidate_back(world: World) -> None:
    world.deploy()
    world.until(Phase.WARMING)
    world.say(Action.ABORT)
    world.until(Phase.ABORTED)
    world.settle()
    world.instances.runs = dict(world.instances.tags)
    assert NEW.release not in world.instances.runs.values()
    world.boot()
    world.settle()
    assert world.instances.runs["canary"] is None


def test_nginx_is_told_again_after_a_kill_between_file_and_reload(world: World) -> None:
    world.deploy()
    world.until(Phase.PROMOTING)
    world.edge.deaf = True
    polls(world, 3)
    assert world.edge.history[-1] != world.edge.traffic
    world.edge.deaf = False
    world.boot()
    assert world.poll().step == SetTraffic(world.edge.traffic)
    assert world.edge.history[-1] == world.edge.traffic
