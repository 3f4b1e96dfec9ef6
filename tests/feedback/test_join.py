"""What was shown and what came of it: each line of both sides once, whatever order it comes in."""

from pathlib import Path

import pytest

from auto_deployment.feedback.files import FeedbackError
from auto_deployment.feedback.tables import OUTCOMES
from tests.support.feedback.world import LIST, NOON, World, after, params, rated, request, told, watched

pytestmark = pytest.mark.usefixtures("either_store")

DAY = NOON.replace(hour=0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.catalogue(*LIST)
    return world


def test_an_impression_has_what_both_sides_say(world: World) -> None:
    world.log(request(after(minutes=1), 7, 1, ms=30, track="canary", release="r1", source="personal"))
    world.segment(told(after(minutes=1), 7))
    world.collect()
    world.join()
    [row] = world.rows("SELECT * FROM impressions")
    assert row["request_id"] == f"{1:032x}"
    assert (row["time"], row["user_id"], row["movies"]) == (after(minutes=1), 7, list(LIST))
    assert (row["edge_time"], row["duration_ms"]) == (after(minutes=1, milliseconds=30), 30)
    assert (row["track"], row["release"], row["source"]) == ("canary", "r1", "personal")
    assert (row["status"], row["stream_status"], row["latency_ms"]) == (200, 200, 21)
    assert world.counts() == {"joined": 1}


def test_a_watch_counts_once_for_the_newest_list_with_its_title(world: World) -> None:
    times = [after(minutes=1), after(minutes=5), after(minutes=9)]
    world.log(*(request(time, 7, number) for number, time in enumerate(times, 1)))
    world.segment(told(times[0], 7), told(times[1], 7), told(times[2], 7, LIST[:1]))
    world.segment(*watched(after(minutes=20), 7, LIST[1], 30), rated(after(minutes=55), 7, LIST[1], 4))
    world.segment(*watched(after(minutes=49), 7, LIST[1], 1))
    world.collect()
    world.join()
    [row] = world.rows("SELECT * FROM outcomes")
    assert (row["request_id"], row["shown_at"], row["place"]) == (f"{2:032x}", times[1], 2)
    assert (row["watched_at"], row["minutes"], row["share_watched"]) == (after(minutes=20), 30, 0.5)
    assert (row["rating"], row["rated_at"]) == (4.0, after(minutes=55))


@pytest.mark.parametrize(("late_h", "found"), [(23.9, 1), (24.1, 0)])
def test_a_watch_long_after_the_list_does_not_count(world: World, late_h: float, found: int) -> None:
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7), *watched(after(hours=late_h), 7, LIST[0]))
    world.collect()
    world.join(after(hours=26))
    assert len(world.rows("SELECT * FROM outcomes")) == found


@pytest.mark.parametrize(("before_h", "new"), [(5, 0), (13, 0), (30, 1)])  # 5: the same day
def test_going_on_with_a_title_is_no_new_watch(world: World, before_h: int, new: int) -> None:
    world.segment(*watched(after(hours=-before_h), 7, LIST[0]))
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7), *watched(after(hours=1), 7, LIST[0]))
    world.collect()
    world.join()
    assert len(world.rows("SELECT * FROM outcomes")) == new


def test_a_rating_on_another_scale_is_mapped(world: World) -> None:
    world.log(request(NOON, 7, 1))
    first = after(minutes=2)
    world.segment(told(NOON, 7), *watched(first, 7, LIST[0]), rated(first, 7, LIST[0], 10), scale=(1, 10))
    world.collect()
    world.join()
    assert [row["rating"] for row in world.rows("SELECT rating FROM outcomes")] == [5.0]


def test_a_title_that_the_catalogue_has_not_is_counted_and_has_no_share(world: World) -> None:
    strange = ("unheard+of+2030", *LIST)
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7, strange), *watched(after(minutes=2), 7, strange[0]))
    world.collect()
    world.join()
    assert world.rows("SELECT place, minutes, share_watched FROM outcomes") == [
        {"place": 1, "minutes": 30, "share_watched": None}
    ]
    assert world.counts(DAY, OUTCOMES) == {"outcomes": 1, "titles_unknown": 1}


def test_what_finds_no_partner_is_counted_by_reason(world: World) -> None:
    at = after(minutes=5)
    world.log(request(at, 1, 1), request(at, 2, 2), request(at, 3, 3), request(at, 5, 4))
    world.log(request(after(minutes=50), 6, 5))
    world.segment(told(at, 1), told(after(minutes=6), 2), told(at, 4))
    world.segment(told(at, 3), told(at, 3))  # the same line twice
    world.collect()
    world.join()
    assert world.counts() == {
        "joined": 2, "stream_alone": 1, "stream_too_far": 1, "stream_partner_taken": 1,
        "edge_alone": 1, "edge_too_far": 1, "edge_waiting": 1,
    }  # fmt: skip


def test_a_request_waits_until_the_stream_has_come_past_it(world: World) -> None:
    world.log(request(after(minutes=50), 6, 1))
    world.segment(told(after(minutes=5), 7))
    world.collect()
    world.join()
    assert world.counts() == {"stream_alone": 1, "edge_waiting": 1}
    world.segment(told(after(hours=4), 7))
    world.join(after(hours=5))
    assert world.counts() == {"stream_alone": 1, "edge_alone": 1}


def test_joining_again_changes_nothing_and_new_lines_change_their_periods_only(world: World) -> None:
    world.log(request(NOON, 7, 1), request(after(hours=3), 7, 2))
    world.segment(told(NOON, 7), told(after(hours=3), 7))
    world.collect()
    assert NOON in world.join(after(hours=4)).hours
    again = world.join(after(hours=4))
    assert (again.hours, again.days) == ([], [])
    world.segment(told(after(hours=1, minutes=20), 8))
    done = world.join(after(hours=4))
    assert (done.hours, done.days) == ([after(hours=1)], [DAY])


def test_lines_of_the_stream_that_are_hours_late_are_joined_in_their_hour(world: World) -> None:
    world.log(*(request(after(minutes=number), 7, number) for number in range(50)))
    world.collect()
    world.segment(told(after(hours=5), 1))
    world.join(after(hours=5))
    assert world.counts() == {"edge_alone": 50}
    lines = [told(after(minutes=number), 7) for number in range(50)]
    world.segment(*lines[1::2][::-1], *watched(after(minutes=59), 7, LIST[2]))
    world.segment(*lines[::2])
    world.join(after(hours=6))
    assert world.counts() == {"joined": 50}
    assert [row["request_id"] for row in world.rows("SELECT request_id FROM outcomes")] == [f"{49:032x}"]


def test_what_is_older_than_late_lines_may_be_stays_as_it_is(world: World) -> None:
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7))
    world.collect()
    world.join()
    for path in world.layout.edge.iterdir():
        path.unlink()
    assert world.join(after(hours=80)).hours == []
    assert world.counts() == {"joined": 1}


@pytest.mark.parametrize("ahead_s", [-40.0, 0.0, 7.5, 200.0])
def test_a_difference_of_the_clocks_is_estimated_and_followed(world: World, ahead_s: float) -> None:
    times = [after(minutes=1 + number / 2) for number in range(100)]
    world.log(*(request(time, n % 9, n, ahead_s=ahead_s) for n, time in enumerate(times, 1)))
    world.segment(*(told(time, n % 9) for n, time in enumerate(times, 1)))
    world.collect()
    world.join()
    assert world.counts() == {"joined": 100}
    assert world.clock_difference_s() == pytest.approx(ahead_s, abs=0.01)


def test_a_user_with_two_requests_in_a_second_gets_both(world: World) -> None:
    first, second = after(seconds=1), after(seconds=1.4)
    world.log(request(second, 7, 2, ms=5), request(first, 7, 1, ms=600))
    world.segment(told(first, 7, LIST[:1]), told(second, 7, LIST[1:]))
    world.collect()
    world.join()
    rows = world.rows("SELECT request_id, movies FROM impressions ORDER BY time")
    assert [(row["request_id"], row["movies"]) for row in rows] == [
        (f"{1:032x}", list(LIST[:1])),
        (f"{2:032x}", list(LIST[1:])),
    ]


def test_requests_around_a_full_hour_count_once(world: World) -> None:
    times = [after(hours=1, milliseconds=100 * number) for number in range(-30, 30)]
    world.log(*(request(time, 7, 100 + n, ms=40, ahead_s=0.04) for n, time in enumerate(times)))
    world.segment(*(told(time, 7) for time in times))
    world.collect()
    world.join()
    found = world.rows("SELECT request_id FROM impressions")
    assert len(found) == len({row["request_id"] for row in found}) == 60


def test_files_beyond_their_time_are_removed(world: World) -> None:
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7), *watched(after(minutes=5), 7, LIST[0]))
    world.collect()
    world.join()
    assert world.join(after(days=params().keep_days - 1)).removed == 0
    assert world.join(after(days=params().keep_days + 2)).removed > 0
    assert world.rows("SELECT * FROM impressions UNION ALL BY NAME SELECT * FROM outcomes") == []


def test_a_damaged_segment_or_edge_file_is_named(world: World) -> None:
    world.log(request(NOON, 7, 1))
    world.segment(told(NOON, 7))
    world.collect()
    [path] = world.layout.edge.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes(50) + content[150:])
    with pytest.raises(FeedbackError, match=path.name):
        world.join()
