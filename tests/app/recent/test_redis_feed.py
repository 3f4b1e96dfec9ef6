"""What a Redis stream says of itself, and what follows; the real one is in `test_real_redis.py`."""

from typing import Any

import pytest

from app.recent.redis_feed import BEGINNING, Place, RedisFeed, check
from tests.support.ports import free_port


def info(added: int, length: int, last: str) -> dict[str, Any]:
    return {"entries-added": added, "length": length, "last-generated-id": last.encode()}


def test_a_position_is_written_and_read() -> None:
    for place in (Place("17-3", 9), Place("17-3", None)):
        assert Place.of(str(place), 0) == place
    assert Place.of(None, 0) == Place(BEGINNING, None)
    assert Place.of(None, 7200) == Place("3600000-0", None)
    assert Place.of("12345:678", 7200) == Place("3600000-0", None)  # of a file


def test_a_place_that_holds_stays() -> None:
    assert check(Place("17-3", 9), info(12, 10, "18-0")) == (Place("17-3", 9), 0, "")


def test_what_was_trimmed_before_it_was_read_is_counted_and_said() -> None:
    place, lost, said = check(Place("17-3", 9), info(112, 100, "18-0"))
    assert (place, lost) == (Place("17-3", 12), 3)
    assert "3 events were trimmed before they were read" in said


def test_at_the_end_a_place_learns_how_many_it_has_read() -> None:
    assert check(Place("18-0", None), info(112, 100, "18-0")).place == Place("18-0", 112)


@pytest.mark.parametrize("found", [info(2, 2, "5-0"), info(2, 2, "99-0"), None])
def test_a_stream_that_was_begun_anew_is_read_from_its_beginning(found: dict[str, Any] | None) -> None:
    place, _, said = check(Place("17-3", 9), found)
    assert place == Place(BEGINNING, 0)
    assert said


def test_a_redis_before_7_does_not_count_and_is_followed_all_the_same() -> None:
    found = {"length": 10, "last-generated-id": b"18-0"}
    assert check(Place("17-3", 9), found) == (Place("17-3", 9), 0, "")
    assert check(Place(BEGINNING, None), found) == (Place(BEGINNING, None), 0, "")
    assert "begun anew" in check(Place("19-0", 9), found).trouble


def test_a_stream_that_nobody_has_written_yet_is_no_trouble() -> None:
    assert check(Place(BEGINNING, None), None) == (Place(BEGINNING, 0), 0, "")


def test_from_the_beginning_on_what_was_trimmed_before_is_not_lost() -> None:
    assert check(Place(BEGINNING, None), info(112, 100, "18-0")) == (Place(BEGINNING, 12), 0, "")


def test_a_redis_that_is_not_there_is_said_and_not_waited_for() -> None:
    slept: list[float] = []
    feed = RedisFeed(f"redis://127.0.0.1:{free_port()}", sleep=slept.append)
    polled = feed.poll("17-3 9", 0, 0.5)
    assert polled.position == "17-3 9"
    assert "Redis cannot be used" in polled.trouble
    assert slept == [0.5]
