"""`forget` beside a collector and a joiner that go on: nothing of the user comes back, nothing else goes."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset.locks import reading
from auto_deployment.feedback import collect
from auto_deployment.feedback.collect import Collector
from auto_deployment.feedback.files import FeedbackError, closed_files, read_facts, write_file
from auto_deployment.feedback.tables import IMPRESSIONS, TABLES, FeedbackTable
from auto_deployment.people.all_places import places_of
from auto_deployment.people.forget import Done, forget, latest_wish
from auto_deployment.people.places import Held
from tests.people.conftest import ANN
from tests.support.feedback.world import LIST, NOON, World, after, rated, request, told, watched
from tests.support.find_user import files_with
from tests.support.waiting import eventually

AGAIN = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)  # later than any wish of these tests


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Give lists and watches of ann and of user 2, joined."""
    world = World(tmp_path)
    world.catalogue(*LIST)
    for user, minute in ((ANN, 1), (2, 2), (ANN, 3)):
        use(world, user, after(minutes=minute), minute)
    world.collect()
    world.join()
    assert users(world) == {"impressions": [2, ANN, ANN], "outcomes": [2, ANN]}
    return world


def use(world: World, user: int, time: datetime, number: int) -> None:
    """Let a user be shown a list, watch its first title and rate it."""
    world.log(request(time, user, number))
    watch = watched(time + timedelta(minutes=9), user, LIST[0], 5)
    world.segment(told(time, user), *watch, rated(watch[-1].time, user, LIST[0], 4))


def users(world: World) -> dict[str, list[int]]:
    return {
        name: [row["user_id"] for row in world.rows(f"SELECT user_id FROM {name} ORDER BY user_id")]
        for name in ("impressions", "outcomes")
    }


def forget_ann(world: World) -> Done:
    return forget(world.paths, places_of(world.paths), ANN, datetime.now(UTC))


def held(world: World) -> list[Held]:
    wish = latest_wish(world.paths, ANN)
    assert wish is not None
    return [one for place in places_of(world.paths) for one in place.held(wish)]


def test_all_that_is_held_is_reported(world: World) -> None:
    [place] = [one for one in places_of(world.paths) if one.name == "feedback"]
    report = place.report(ANN)
    assert {name: table["count"] for name, table in report.items()} == dict(edge=2, impressions=2, outcomes=1)
    assert report["impressions"]["rows"][0]["movies"] == list(LIST)
    assert report["outcomes"]["rows"][0]["rating"] == 4
    assert not place.report(99)


def test_after_forget_and_a_join_no_file_holds_the_user_and_all_else_is_as_before(world: World) -> None:
    others = world.rows(
        "SELECT * FROM impressions JOIN outcomes USING (request_id) WHERE outcomes.user_id = 2"
    )
    [edge] = closed_files(world.layout.edge)
    positions = read_facts(edge)["positions"]
    assert forget_ann(world).removed["feedback"] == 3
    assert files_with(world.layout.root, ANN) == set()
    world.join()
    assert files_with(world.layout.root, ANN) == set()
    assert users(world) == {"impressions": [2], "outcomes": [2]}
    kept = world.rows("SELECT * FROM impressions JOIN outcomes USING (request_id) WHERE outcomes.user_id = 2")
    assert kept == others
    assert world.counts() == {"joined": 1}
    assert read_facts(edge)["positions"] == positions
    assert held(world) == []
    use(world, 3, after(minutes=7), 7)
    world.collect()
    world.join()
    assert users(world)["impressions"] == [2, 3]


def test_to_forget_twice_changes_nothing(world: World) -> None:
    forget_ann(world)
    world.join()
    before = {path: path.stat().st_ino for path in world.layout.root.rglob("*.parquet")}
    again = forget_ann(world)
    assert not again.is_new
    assert not again.removed
    assert {path: path.stat().st_ino for path in world.layout.root.rglob("*.parquet")} == before


def test_a_request_in_the_collectors_open_batch_goes_and_no_other_line(world: World) -> None:
    collector = world.collector()
    world.log(request(after(minutes=5), ANN, 5), request(after(minutes=6), 2, 6))
    collector.step(NOON)
    assert collector.open_lines == 2
    forget_ann(world)
    world.log(request(after(minutes=7), ANN, 7), request(AGAIN, ANN, 8), request(after(minutes=9), 3, 9))
    collector.step(NOON)
    collector.close()
    *_, newest = closed_files(world.layout.edge)
    assert read_facts(newest)["counts"]["requests"] == 3
    assert files_with(world.layout.root, ANN) == {f"edge/{newest.name}"}  # the request of later
    world.segment(
        *(told(after(minutes=minute), user) for minute, user in ((5, ANN), (6, 2), (7, ANN), (9, 3)))
    )
    world.join()
    assert users(world)["impressions"] == [2, 2, 3]


def test_a_collector_that_closes_files_meanwhile_loses_no_other_line(world: World) -> None:
    most = replace(world.params.collect, max_lines=1)
    collector = Collector(world.edge_log, world.paths, most)
    for number in range(100, 140):
        world.log(request(after(seconds=number), ANN if number % 2 else 2, number))
    with ThreadPoolExecutor(1) as beside:
        collecting = beside.submit(collector.step, NOON)
        forget_ann(world)
        collecting.result()
    paths = closed_files(world.layout.edge)
    requests = [int(text, 16) for path in paths for text in pq.read_table(path)["request_id"].to_pylist()]
    assert requests == [2, *range(100, 140, 2)]
    assert files_with(world.layout.root, ANN) == set()


def test_a_file_that_is_being_written_when_the_wish_comes_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the wish come when the collector has asked for wishes already; its file appears all the same."""
    world.log(request(after(minutes=5), ANN, 5))
    with ThreadPoolExecutor(1) as beside:

        def write(*words: Any) -> None:
            forgetting.append(beside.submit(forget_ann, world))
            eventually(lambda: latest_wish(world.paths, ANN) is not None)
            wait(forgetting, timeout=0.3)  # time enough to look at all files, if it did not wait
            write_file(*words)

        forgetting: list[Future[Done]] = []
        monkeypatch.setattr(collect, "write_file", write)
        world.collect()
    assert [done.result().removed["feedback"] for done in forgetting] == [4]
    assert files_with(world.layout.root, ANN) == set()


def test_a_batch_of_forgotten_users_only_moves_the_position(world: World) -> None:
    forget_ann(world)
    world.log(request(after(minutes=5), ANN, 5))
    world.collect()
    world.log(request(after(minutes=6), 2, 6))
    world.collect()
    counts = [read_facts(path)["counts"]["requests"] for path in closed_files(world.layout.edge)]
    assert counts == [1, 0, 1]
    assert files_with(world.layout.root, ANN) == set()


@pytest.mark.parametrize("table", ["impressions", "outcomes"])
def test_a_joiner_that_is_at_it_brings_nobody_back(
    world: World, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """Let the wish come when a period is made already, but not written."""
    world.segment(told(after(minutes=30), 2), *watched(after(minutes=31), 2, LIST[1], 2))  # makes it again

    def after_forgetting(real: Callable[..., None]) -> Callable[..., None]:
        def write(of: FeedbackTable, *words: object) -> None:
            if of.name == table and latest_wish(world.paths, ANN) is None:
                forget_ann(world)
            real(of, *words)

        return write

    joiner = world.joiner()
    monkeypatch.setattr(joiner, "_replace", after_forgetting(joiner._replace))
    joiner.step(after(hours=2))
    assert latest_wish(world.paths, ANN) is not None
    assert files_with(world.layout.root, ANN) == set()
    world.join()
    assert files_with(world.layout.root, ANN) == set()


def test_segments_that_could_not_be_written_anew_bring_nobody_back(world: World) -> None:
    with reading(world.paths.segments):
        forget_ann(world)
        for table in TABLES:
            for path in world.layout.table(table.name).iterdir():
                path.unlink()
        world.join()
        assert world.counts() == {"joined": 1}
        assert world.rows("SELECT sum(watches)::INTEGER AS watches FROM titles") == [{"watches": 1}]
    assert any(one.where.startswith("segments/") for one in held(world))
    assert files_with(world.layout.root, ANN) == set()


def test_a_user_who_comes_back_counts_again_and_can_be_forgotten_again(world: World) -> None:
    forget_ann(world)
    use(world, ANN, AGAIN, 9)
    world.collect()
    now = AGAIN + timedelta(hours=1)
    world.join(now)
    assert users(world) == {"impressions": [2, ANN], "outcomes": [2, ANN]}
    assert held(world) == []
    assert forget(world.paths, places_of(world.paths), ANN, now).is_new
    assert files_with(world.layout.root, ANN) == set()


def test_a_user_of_whom_only_the_edge_log_tells_is_forgotten_each_time_that_it_is_asked(world: World) -> None:
    forget_ann(world)
    for number in (1, 2):
        at = AGAIN + timedelta(hours=number)
        world.log(request(at, ANN, number))
        world.collect()
        assert forget(world.paths, places_of(world.paths), ANN, at + timedelta(minutes=1)).is_new
        assert files_with(world.layout.root, ANN) == set()


def test_what_a_killed_writer_left_goes_too(world: World) -> None:
    [edge] = closed_files(world.layout.edge)
    edge.with_name(".0000000009-x.parquet.tmp").write_bytes(edge.read_bytes())
    forget_ann(world)
    assert files_with(world.layout.root, ANN) == set()
    (world.layout.spill / "duckdb.tmp").touch()  # of a joiner: what it is about cannot be told
    assert [one.where for one in held(world)] == ["feedback/spill"]


def test_a_damaged_file_is_named_and_the_wish_counts_all_the_same(world: World) -> None:
    path = world.layout.table(IMPRESSIONS.name) / f"{NOON:%Y%m%dT%H}.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FeedbackError, match=f"{path.name} is no file of `feedback`"):
        forget_ann(world)
    path.unlink()
    assert [one.where for one in held(world)] == ["feedback/outcomes"]
    assert not forget_ann(world).is_new
    world.join()
    assert files_with(world.layout.root, ANN) == set()
