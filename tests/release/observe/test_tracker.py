"""How long instances have been as they are."""

from datetime import timedelta

from auto_deployment.release.observe.tracker import Tracker
from auto_deployment.release.ports import Sighting
from auto_deployment.release.reconcile import NAMES, Observed
from tests.support.release.world import NEW, OLD, START

WANTED = dict.fromkeys(NAMES, OLD.release)
WELL = dict.fromkeys(NAMES, Sighting(OLD.release, True))
ILL = {**WELL, "stable-2": Sighting(OLD.release, False)}
ALL = frozenset(NAMES)


def look(tracker: Tracker, seconds: float, found: dict[str, Sighting], wanted: dict[str, str]) -> Observed:
    """Return what is known of stable-2 after a look so many seconds after START."""
    return tracker.observe(found, wanted, ALL, {}, START + timedelta(seconds=seconds))["stable-2"]


def test_time_adds_up_from_the_first_look_that_finds_it_so() -> None:
    tracker = Tracker(100)
    assert look(tracker, 0, WELL, WANTED).serving_s == 0
    assert look(tracker, 10, WELL, WANTED).serving_s == 10
    assert look(tracker, 20, ILL, WANTED) == Observed(OLD.release, well=False, wanted=OLD.release)
    ill = look(tracker, 30, ILL, WANTED)
    assert (ill.unwell_s, ill.serving_s) == (10, 0)
    assert look(tracker, 40, WELL, WANTED).unwell_s == 0


def test_of_a_pause_no_more_counts_than_a_look_may_take() -> None:
    tracker = Tracker(100)
    look(tracker, 0, ILL, WANTED)
    assert look(tracker, 3600, ILL, WANTED).unwell_s == 100


def test_a_clock_that_is_set_back_costs_one_look() -> None:
    tracker = Tracker(100)
    look(tracker, 0, ILL, WANTED)
    look(tracker, 10, ILL, WANTED)
    assert look(tracker, -3600, ILL, WANTED).unwell_s == 10
    assert look(tracker, -3590, ILL, WANTED).unwell_s == 20


def test_how_it_was_with_something_else_does_not_count() -> None:
    tracker = Tracker(100)
    look(tracker, 0, ILL, WANTED)
    look(tracker, 50, ILL, WANTED)
    newer = {**WANTED, "stable-2": NEW.release}
    assert look(tracker, 60, ILL, newer).unwell_s == 0
    assert look(tracker, 70, ILL, newer).unwell_s == 10


def test_who_was_put_anew_has_all_the_time() -> None:
    tracker = Tracker(100)
    look(tracker, 0, ILL, WANTED)
    look(tracker, 50, ILL, WANTED)
    tracker.started("stable-2")
    fresh = look(tracker, 60, ILL, WANTED)
    assert (fresh.unwell_s, fresh.fresh) == (0, True)
    assert not look(tracker, 70, WELL, WANTED).fresh
