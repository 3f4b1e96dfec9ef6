"""What the measures say, held against hand-made cases; and the report as people get it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from auto_deployment.cli import main
from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.feedback.measures import Measured, Question, measure
from auto_deployment.feedback.page import table
from tests.support.feedback.world import LIST, NOON, World, after, rated, request, told, watched

pytestmark = pytest.mark.usefixtures("either_store")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """User 1 (canary) is shown the same list twice and watches from it, user 2 watches nothing."""
    world = World(tmp_path)
    world.catalogue(*LIST, "dune+1984")
    people = [(1, 30, "F", "artist"), (2, None, None, "other")]
    USERS.write(world.paths.catalog, pd.DataFrame(people, columns=USERS.schema.names))
    world.log(
        request(after(minutes=1), 1, 1, track="canary", release="new"),
        request(after(minutes=2), 1, 2, track="canary", release="new"),
        request(after(minutes=3), 2, 3, track="stable", release="old"),
        request(after(minutes=4), 2, 4, track="static", release="old", source="static"),
    )
    world.segment(
        told(after(minutes=1), 1), told(after(minutes=2), 1), told(after(minutes=3), 2, LIST[::-1]),
        told(after(minutes=4), 2, ()),
        *watched(after(minutes=10), 1, LIST[1], 30), rated(after(minutes=50), 1, LIST[1], 5),
        *watched(after(minutes=41), 1, LIST[0], 6),
    )  # fmt: skip
    world.collect()
    world.join()
    return world


def measured(world: World, release: str | None = None) -> dict[tuple[str, str], Measured]:
    users, movies = USERS.read(world.paths.catalog), MOVIES.read(world.paths.catalog)["movie_id"]
    question = Question(NOON - timedelta(days=1), release)
    found = measure(world.engine, world.store, question, users, movies, world.params.report)
    return {(one.by, one.value): one for one in found}


def values(one: Measured) -> dict[str, float | None]:
    return {name: estimate["value"] for name, estimate in one.estimates.items()}


def test_each_measure_is_what_it_says(world: World) -> None:
    found = measured(world)[("all", "all")]
    assert (found.impressions, found.users, found.watches) == (3, 2, 2)
    assert values(found) == pytest.approx(
        {
            "hit_rate": 1 / 2,  # of two users
            "mrr": (1 / 2) / 3,  # of three lists: the first title watched was the second of the newer one
            "share_watched": (0.5 + 0.1) / 2,
            "rating": 5.0,
            "repeated": 1 / 1,  # one list was shown after another one to the same user, and it was the same
        }
    )
    assert found.coverage == 3 / 4
    assert found.popularity == pytest.approx((1 + 1 + 0) / 3)  # two of the three were watched, equally often


def test_groups_are_told_apart_and_what_is_not_known_is_a_group(world: World) -> None:
    found = measured(world)
    assert {key: one.impressions for key, one in found.items()} == {
        ("all", "all"): 3,
        ("release", "new"): 2,
        ("release", "old"): 1,
        ("track", "canary"): 2,
        ("track", "stable"): 1,
        ("source", "personal"): 3,
        ("gender", "F"): 2,
        ("gender", "unknown"): 1,
        ("age", "25-34"): 2,
        ("age", "unknown"): 1,
    }
    assert values(found[("track", "canary")])["hit_rate"] == 1.0
    assert values(found[("track", "stable")])["hit_rate"] == 0.0
    assert values(found[("track", "stable")])["rating"] is None


def test_what_is_watched_days_after_a_releases_last_list_changes_no_measure_of_it(world: World) -> None:
    def popularity() -> float | None:
        users, movies = USERS.read(world.paths.catalog), MOVIES.read(world.paths.catalog)["movie_id"]
        question = Question(NOON - timedelta(days=1), "old", after(minutes=3))
        found = measure(world.engine, world.store, question, users, movies, world.params.report)
        return found[0].popularity

    before = popularity()
    world.log(request(after(days=2), 3, 5, release="newer"))
    world.segment(
        told(after(days=2), 3), *watched(after(days=2, hours=1), 3, "dune+1984"),
        *watched(after(days=2, hours=1), 4, LIST[2]), *watched(after(days=2, hours=1), 5, LIST[2]),
    )  # fmt: skip
    world.collect()
    world.join(after(days=2, hours=3))
    assert popularity() == before


def test_one_release_alone(world: World) -> None:
    assert {by for by, _ in measured(world, "old")} == {"all", "release", "track", "source", "gender", "age"}
    assert measured(world, "old")[("all", "all")].impressions == 1
    assert measured(world, "never") == {}


def test_the_intervals_are_over_users_and_hold_the_value(tmp_path: Path) -> None:
    world = World(tmp_path)
    numbers = range(1, 201)
    world.log(*(request(after(seconds=number), number, number) for number in numbers))
    events = [told(after(seconds=number), number) for number in numbers]
    hits = [one for number in numbers[::4] for one in watched(after(minutes=5), number, LIST[0], 1)]
    world.segment(*events, *hits)
    world.collect()
    world.join()
    estimate = measured(world)[("all", "all")].estimates["hit_rate"]
    assert estimate["value"] == 0.25
    # The interval of a share of 200 users: 1.96 * sqrt(0.25 * 0.75 / 200) to each side.
    assert estimate["low"] == pytest.approx(0.25 - 0.060, abs=0.012)
    assert estimate["high"] == pytest.approx(0.25 + 0.060, abs=0.012)


def test_a_person_can_read_it(world: World) -> None:
    text = table(list(measured(world).values()))
    assert "by track" in text
    [canary] = [line for line in text.splitlines() if line.startswith("  canary")]
    assert canary.split()[1:3] == ["2", "1"]
    assert "100.0 %" in canary
    assert table([]).startswith(
        "No list was shown in this time that both the stream and the edge log tell of: `ingest` has to"
    )


def test_the_commands_do_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(tmp_path)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    world.edge_log = world.paths.run / "logs" / "edge.log"
    world.edge_log.parent.mkdir(parents=True)
    world.log(request(now, 7, 1))
    world.segment(told(now, 7), *watched(now + timedelta(minutes=1), 7, LIST[0]))
    monkeypatch.setenv("DATA_DIR", str(world.paths.root))
    assert main(["feedback", "collect", "--once"]) == 0
    assert main(["feedback", "join", "--once"]) == 0
    collected, joined = map(json.loads, capsys.readouterr().out.splitlines())
    assert (collected["requests"], joined["joined"]) == (1, 1)
    assert main(["feedback", "report", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["lines"]["joined"], report["groups"][0]["watches"]) == (1, 1)
    assert main(["feedback", "report"]) == 0
    assert "1 lists joined" in capsys.readouterr().out
    assert main(["feedback", "report", "--days", "0"]) == 2
    assert "--days must be more than 0" in capsys.readouterr().err
    assert main(["feedback", "query", "SELECT movie_id FROM outcomes"]) == 0
    assert capsys.readouterr().out == f'"movie_id"\n"{LIST[0]}"\n'
    assert main(["feedback", "query", "SELECT nothing FROM nowhere"]) == 1
    assert capsys.readouterr().err.startswith("DuckDB could not answer: ")
