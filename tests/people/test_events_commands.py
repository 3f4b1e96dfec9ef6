"""`events`: what single users did, looked at and corrected."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_deployment.paths import Paths
from tests.people.conftest import ANN
from tests.support.ingest.corrections import rating
from tests.support.ingest.segments import write_segment

Marquee = Callable[..., str]
HEAT = ANN, "heat+1995", "2026-01-01T12:00"
ALIEN = ANN, "alien+1979", "2026-01-01T12:00"
LISTED = [
    "2026-01-01T12:00:00         watch   alien+1979  minutes 0-2",
    "2026-01-01T12:00:00         rating  heat+1995  2",
]


def listed(marquee: Marquee, user: int = ANN) -> list[str]:
    return marquee("events", "list", user).splitlines()


def test_a_users_events_are_listed(marquee: Marquee) -> None:
    assert listed(marquee) == LISTED
    (one,) = marquee("events", "list", ANN, "--title", "alien+1979", "--json").splitlines()
    assert json.loads(one)["minutes"] == [[0, 2]]


def test_a_rating_is_corrected_twice_and_the_later_counts(marquee: Marquee) -> None:
    assert marquee("events", "correct", *HEAT, "--rating", 5).endswith(
        "it was: heat+1995 2026-01-01T12:00:00 rated 2\n"
    )
    marquee("events", "correct", *HEAT, "--rating", 4)
    assert listed(marquee)[1].endswith("heat+1995  4")
    assert listed(marquee, 2)[0].endswith("heat+1995  3")


def test_a_correction_that_changes_nothing_writes_nothing(marquee: Marquee, root: Path) -> None:
    before = sorted(Paths(root).segments.iterdir())
    marquee("events", "correct", *HEAT, "--rating", 2)
    assert sorted(Paths(root).segments.iterdir()) == before


def test_minutes_of_a_watch_are_corrected(marquee: Marquee) -> None:
    marquee("events", "correct", *ALIEN, "--minutes", "0-89")
    assert listed(marquee)[0].endswith("alien+1979  minutes 0-89")


def test_an_event_is_removed_after_it_was_corrected_and_can_be_added_again(marquee: Marquee) -> None:
    marquee("events", "correct", *HEAT, "--rating", 5)
    assert "rated 5" in marquee("events", "remove", *HEAT)
    assert listed(marquee) == LISTED[:1]
    assert marquee("events", "remove", *HEAT).startswith(f"User {ANN} has no event of heat+1995")
    assert marquee("events", "add", *HEAT, "--rating", 3) == "added\n"
    assert listed(marquee)[1].endswith("heat+1995  3")


def test_what_is_added_twice_is_there_once(marquee: Marquee) -> None:
    event = ANN, "brazil+1985", "2026-01-02T10:00"
    assert marquee("events", "add", *event, "--rating", 3) == "added\n"
    assert marquee("events", "add", *event, "--rating", 3) == "it is there already: nothing has changed\n"
    assert (
        marquee("events", "add", *ALIEN, "--minutes", "1-2") == "it is there already: nothing has changed\n"
    )
    assert marquee("events", "add", *event, "--minutes", "0-4") == "added\n"
    assert len(listed(marquee)) == 4


def test_another_rating_of_one_moment_is_no_addition(marquee: Marquee) -> None:
    assert "events correct` changes it" in marquee("events", "add", *HEAT, "--rating", 3)
    assert listed(marquee) == LISTED


def test_an_event_that_is_not_there_is_refused_with_the_nearest(marquee: Marquee) -> None:
    said = marquee("events", "remove", ANN, "heat+1995", "2026-01-01T12:30")
    assert said == (
        f"User {ANN} has no event of heat+1995 at 2026-01-01T12:30:00; the nearest are: heat+1995 "
        "2026-01-01T12:00:00 rated 2; alien+1979 2026-01-01T12:00:00 watched 0-2.\n"
    )
    assert "no other event either" in marquee("events", "remove", 99, "heat+1995", "2026-01-01T12:30")


def test_a_rating_and_a_watch_of_one_name_are_told_apart(marquee: Marquee, root: Path) -> None:
    write_segment(Paths(root).segments, "c", [rating(ANN, "alien+1979", 1.0)])
    assert "--kind rating or --kind watch" in marquee("events", "remove", *ALIEN)
    assert "rated 1" in marquee("events", "remove", *ALIEN, "--kind", "rating")
    assert listed(marquee) == LISTED


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "99"), "User 99 has no event"),
        (("add", ANN, "heat+1996", "2026-01-01T12:00", "--rating", "3"), "did you mean heat+1995"),
        (("add", ANN, "heat+1995", "2999-01-01T12:00", "--rating", "3"), "is in the future"),
        (("add", ANN, "heat+1995", "1899-01-01T12:00", "--rating", "3"), "no event is that old"),
        (("add", ANN, "heat+1995", "2026-01-01T13:00", "--rating", "6"), "outside of 1 to 5"),
        (("add", ANN, "heat+1995", "2026-01-01T13:00", "--rating", "nan"), "outside of 1 to 5"),
    ],
)
def test_what_cannot_be_is_refused(marquee: Marquee, root: Path, words: tuple[str, ...], said: str) -> None:
    before = sorted(Paths(root).segments.iterdir())
    assert said in marquee("events", *words)
    assert sorted(Paths(root).segments.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [
        ("list", "ann"), ("list", "0"), ("list", "-1"), ("list", "²"), ("list", str(2**31)),
        ("remove", "1", "heat+1995", "noon"), ("add", "1", "heat+1995", "2026-01-01"),
        ("add", "1", "heat+1995", "2026-01-01", "--minutes", "9-1"),
        ("add", "1", "heat+1995", "2026-01-01", "--rating", "3", "--minutes", "0-1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_ends_with_the_usage(marquee: Marquee, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        marquee("events", *words)
    assert ended.value.code == 2


def test_the_report_has_everything_that_is_held(marquee: Marquee) -> None:
    marquee("events", "correct", *HEAT, "--rating", 5)
    found = json.loads(marquee("events", "report", ANN))
    assert [(one["kind"], one.get("rating")) for one in found["events"]] == [("watch", None), ("rating", 5.0)]
    kinds = sorted(row["kind"] for row in found["held"]["segments"])
    assert kinds == ["rating", "rating", "removed-rating", "watch"]
    assert "Nothing is held about user 99" in marquee("events", "report", 99)
