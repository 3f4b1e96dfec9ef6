"""A correction and the event that it is about, whichever of them comes first."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from auto_deployment.dataset.reading import read_ratings
from auto_deployment.paths import Paths
from tests.people.conftest import ANN
from tests.support.ingest.corrections import rating
from tests.support.ingest.segments import NOON, watch, write_segment

Marquee = Callable[..., str]
BRAZIL = ANN, "brazil+1985", "2026-01-01T12:00"
HEAT = ANN, "heat+1995", "2026-01-01T12:00"


def listed(marquee: Marquee, title: str) -> list[str]:
    return [line.split()[-1] for line in marquee("events", "list", ANN, "--title", title).splitlines()]


def test_an_event_that_was_added_before_it_came_in_is_there_once(marquee: Marquee, root: Path) -> None:
    marquee("events", "add", *BRAZIL, "--rating", 4)
    write_segment(Paths(root).segments, "late", [rating(ANN, "brazil+1985", 4.0)])
    assert listed(marquee, "brazil+1985") == ["4"]
    assert read_ratings(Paths(root).segments).absorbed == 1


def test_one_that_came_in_with_another_value_is_beside_it_until_both_are_corrected(
    marquee: Marquee, root: Path
) -> None:
    marquee("events", "add", *BRAZIL, "--rating", 4)
    write_segment(Paths(root).segments, "late", [rating(ANN, "brazil+1985", 1.0)])
    assert listed(marquee, "brazil+1985") == ["1", "4"]
    said = marquee("events", "correct", *BRAZIL, "--rating", 3)
    assert ("rated 1" in said, "rated 4" in said) == (True, True)
    assert listed(marquee, "brazil+1985") == ["3"]


def test_minutes_that_were_added_and_minutes_that_came_in_later_are_one_watch(
    marquee: Marquee, root: Path
) -> None:
    marquee("events", "add", *BRAZIL, "--minutes", "0-4")
    write_segment(Paths(root).segments, "late", watch(ANN, "brazil+1985", 3, 4, 5))
    assert listed(marquee, "brazil+1985") == ["0-5"]


def test_what_was_removed_or_corrected_stays_so_when_the_same_line_comes_in_again(
    marquee: Marquee, root: Path
) -> None:
    marquee("events", "remove", *HEAT)
    write_segment(Paths(root).segments, "again", [rating(ANN, "heat+1995", 2.0)])
    assert "has no event of heat+1995" in marquee("events", "list", ANN, "--title", "heat+1995")
    marquee("events", "add", *HEAT, "--rating", 5)
    marquee("events", "correct", *HEAT, "--rating", 4)
    write_segment(Paths(root).segments, "once-more", [rating(ANN, "heat+1995", 5.0)])
    assert listed(marquee, "heat+1995") == ["4"]


def test_an_event_that_has_not_come_in_yet_cannot_be_corrected_and_can_be_afterwards(
    marquee: Marquee, root: Path
) -> None:
    before = sorted(Paths(root).segments.iterdir())
    for words in (("correct", *BRAZIL, "--rating", 3), ("remove", *BRAZIL)):
        assert "has no" in marquee("events", *words)
    assert sorted(Paths(root).segments.iterdir()) == before
    write_segment(Paths(root).segments, "late", [replace(rating(ANN, "brazil+1985", 4.0), time=NOON)])
    assert "rated 4" in marquee("events", "correct", *BRAZIL, "--rating", 3)
    assert listed(marquee, "brazil+1985") == ["3"]
