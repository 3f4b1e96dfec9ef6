"""A round joins always, and measures when something has changed and measuring has not taken too long."""

from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.feedback.files import FeedbackError
from auto_deployment.feedback.online.measure_files import MeasureFiles
from auto_deployment.feedback.online.measuring import Measuring
from auto_deployment.feedback.online.rounds import Rounds
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched
from tests.support.release.world import full_disk


class Clock:
    """Each look at it is so many seconds later."""

    def __init__(self) -> None:
        self.now_s, self.step_s = 0.0, 1.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.catalogue(*LIST)
    world.log(request(NOON, 7, 1, track="canary", release="r1"))
    world.segment(told(NOON, 7))
    world.collect()
    return world


def rounds(world: World, clock: Clock) -> Rounds:
    files = MeasureFiles(world.layout.measures)
    measuring = Measuring(world.engine, world.store, world.paths.catalog, files, world.params)
    return Rounds(world.joiner(), measuring, world.store, world.params, clock)


def test_it_measures_what_has_changed_and_once_an_hour_what_the_series_look_back_on(world: World) -> None:
    clock = Clock()
    found = rounds(world, clock)
    found.step(after(minutes=5))
    assert (found.metrics.releases, [one.value for one in found.metrics.tracks]) == (1, ["canary"])
    before = found.metrics.tracks
    clock.now_s += 60
    found.step(after(minutes=7))
    assert found.metrics.tracks is before  # nothing has come in
    world.segment(*watched(after(minutes=6), 7, LIST[0]))
    found.step(after(minutes=9))
    assert [one.watches for one in found.metrics.tracks] == [1]
    clock.now_s += 60
    found.step(after(hours=30))
    assert not found.metrics.tracks  # nothing was shown in the last day
    assert found.metrics.joined is not None
    assert found.metrics.joined.now == after(hours=30)


def test_after_measuring_took_long_it_joins_and_does_not_measure(world: World) -> None:
    clock = Clock()
    found = rounds(world, clock)
    clock.step_s = 100.0  # measuring takes 100 s, so the next one may begin after 500
    found.step(after(minutes=5))
    clock.step_s = 0.0
    world.segment(*watched(after(minutes=6), 7, LIST[0]))
    found.step(after(minutes=9))
    assert (found.metrics.releases, world.rows("SELECT count(*) AS n FROM outcomes")) == (1, [{"n": 1}])
    clock.now_s += 500
    found.step(after(minutes=11))
    assert found.metrics.releases == 2


def test_what_could_not_be_written_is_tried_in_the_next_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.join()
    found = rounds(world, Clock())
    with full_disk(monkeypatch), pytest.raises(FeedbackError, match="does not fit on the disk"):
        found.step(NOON + timedelta(hours=2))
    found.step(NOON + timedelta(hours=2))
    assert found.metrics.releases == 1
