"""`forget` and `events report` where feedback is in PostgreSQL: its rows and the copies of them go."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auto_deployment.people.all_places import places_of
from auto_deployment.people.forget import Done, forget, latest_wish
from tests.support.feedback.postgres import Server
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched
from tests.support.find_user import files_with

pytestmark = pytest.mark.lab
ANN = 900_017


@pytest.fixture
def world(tmp_path: Path, postgres: Server) -> World:
    """Give lists and watches of ann and of user 2, joined."""
    world = World(tmp_path)
    for number, user in enumerate((ANN, 2, ANN)):
        time = after(minutes=number)
        world.log(request(time, user, number))
        world.segment(told(time, user), *watched(after(minutes=9 + number), user, LIST[number], 5))
    world.collect()
    world.join()
    return world


def forget_ann(world: World, postgres: Server) -> Done:
    return forget(world.paths, places_of(world.paths, postgres.database), ANN, datetime.now(UTC))


def users(postgres: Server, table: str) -> list[int]:
    return [user for [user] in postgres.ask(f"SELECT user_id FROM {table} ORDER BY user_id")]


def test_all_that_is_held_is_reported_once(world: World, postgres: Server) -> None:
    held = {place.name: place.report(ANN) for place in places_of(world.paths, postgres.database)}
    assert {name: of["count"] for name, of in held["feedback database"].items()} == {
        "impressions": 2, "outcomes": 2,
    }  # fmt: skip
    assert held["feedback database"]["impressions"]["rows"][0]["movies"] == list(LIST)
    assert list(held["feedback"]) == ["edge"]


def test_rows_and_copies_go_and_do_not_come_back(world: World, postgres: Server) -> None:
    assert files_with(world.layout.copies, ANN)
    done = forget_ann(world, postgres)
    assert done.removed["feedback database"] == 4
    for _ in range(2):
        assert users(postgres, "impressions") == users(postgres, "outcomes") == [2]
        assert files_with(world.layout.root, ANN) == set()
        assert world.counts() == {"joined": 1}
        assert [row["user_id"] for row in world.rows("SELECT user_id FROM impressions")] == [2]
        world.join()
    assert files_with(world.layout.root, ANN) == set()
    wish = latest_wish(world.paths, ANN)
    assert wish is not None
    assert [one for place in places_of(world.paths, postgres.database) for one in place.held(wish)] == []
    assert not forget_ann(world, postgres).removed


def test_what_the_database_still_holds_is_said(world: World, postgres: Server) -> None:
    forget(world.paths, places_of(world.paths), ANN, datetime.now(UTC))  # by somebody who lacks FEEDBACK_URL
    wish = latest_wish(world.paths, ANN)
    assert wish is not None
    held = [one for place in places_of(world.paths, postgres.database) for one in place.held(wish)]
    assert {one.where for one in held} == {"impressions in the database", "outcomes in the database"}
    forget_ann(world, postgres)
    assert users(postgres, "impressions") == [2]
    assert world.counts(NOON) == {"joined": 1}
