"""The controller when its clock jumps and when nobody has looked for a while."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.release.release import Phase
from tests.support.release.world import NEW, World, build, quick


def test_a_clock_that_is_set_back_does_not_bring_an_older_release_back(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.now -= timedelta(hours=1)
    world.deploy(build("v3"))
    world.poll()
    world.boot()
    assert world.until(Phase.BAKING).id == build("v3").release


def test_a_clock_that_is_set_back_stops_neither_evidence_nor_healing(world: World) -> None:
    world.deploy()
    world.until(Phase.BAKING)
    world.polls(4)
    world.instances.ill = {"stable-2"}
    world.polls(2)
    world.now -= timedelta(hours=5)
    world.polls(10)
    assert any(one.startswith("start stable-2") for one in world.instances.done)
    world.instances.ill = set()
    began = world.now
    world.until(Phase.PROMOTED)
    assert (world.now - began).total_seconds() < 240
    record = world.store.newest()
    assert record is not None
    baked_s = sum(tick.duration_s for tick in record.ticks if tick.phase == "baking")
    assert 120 <= baked_s <= 160


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.PROMOTING])
def test_while_nobody_looks_nothing_is_late(tmp_path: Path, phase: Phase) -> None:
    world = World(tmp_path, replace(quick(), start_max_s=300.0))
    world.deploy()
    if phase is Phase.PROMOTING:
        world.until(phase)
    world.instances.ill = {NEW.release}
    world.polls(5)
    world.now += timedelta(hours=1)  # asleep
    world.polls(5)
    world.instances.ill = set()
    world.until(Phase.PROMOTED)


def test_while_the_controller_is_away_no_candidate_is_late(world: World) -> None:
    world.instances.ill = {NEW.release}
    world.deploy()
    world.until(Phase.STARTING)
    world.polls(3)
    world.now += timedelta(hours=3)
    world.boot()
    world.polls(2)
    world.instances.ill = set()
    world.until(Phase.BAKING)
