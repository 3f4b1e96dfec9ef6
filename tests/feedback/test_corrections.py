"""A corrected event counts as it was corrected, also where the day was joined before."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.people.correct import EventName, Value, add_event, correct_event, remove_event
from tests.support.feedback.world import LIST, NOON, World, after, rated, request, told, watched

pytestmark = pytest.mark.usefixtures("either_store")

NOW = after(days=1)
SCALE = (1.0, 5.0)
WATCH = EventName(7, LIST[0], after(minutes=5), "watch")
RATING = EventName(7, LIST[0], after(minutes=9), "rating")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Give a list, a watch of 3 minutes and its rating of 4, joined."""
    world = World(tmp_path)
    world.catalogue(*LIST)
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7), *watched(WATCH.time, 7, LIST[0], 3), rated(RATING.time, 7, LIST[0], 4))
    world.collect()
    world.join()
    assert outcomes(world) == [(3, 4)]
    return world


def outcomes(world: World) -> list[tuple[Any, Any]]:
    world.join()
    return [(row["minutes"], row["rating"]) for row in world.rows("SELECT minutes, rating FROM outcomes")]


def test_a_rating_that_was_corrected_or_removed_counts_no_more(world: World) -> None:
    correct_event(world.paths, RATING, Value(rating=2.0), SCALE, NOW)
    assert outcomes(world) == [(3, 2)]
    correct_event(world.paths, RATING, Value(rating=3.0), SCALE, NOW)
    assert outcomes(world) == [(3, 3)]
    remove_event(world.paths, RATING, SCALE, NOW)
    assert outcomes(world) == [(3, None)]
    add_event(world.paths, RATING, Value(rating=5.0), SCALE, NOW)
    assert outcomes(world) == [(3, 5)]


def test_a_watch_that_was_removed_is_no_outcome_until_there_are_minutes_of_later(world: World) -> None:
    remove_event(world.paths, WATCH, SCALE, NOW)
    assert outcomes(world) == []
    assert world.rows("SELECT * FROM titles") == []
    world.segment(*watched(WATCH.time + timedelta(hours=1), 7, LIST[0], 2))
    assert outcomes(world) == [(2, None)]
