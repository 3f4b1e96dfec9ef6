"""The measures of an ended release stay with its record, and follow later joins for a stated time."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from auto_deployment.release.online.reader import NotMeasured, OnlineMeasures, OnlineReader
from auto_deployment.release.release import Action, Phase
from auto_deployment.release.store import Record
from tests.support.release.online import content, put
from tests.support.release.sent_mails import Told
from tests.support.release.world import NEW, OTHER, World, full_disk, quick


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, quick())


def folder(world: World) -> Path:
    return world.paths.feedback / "measures"


def joined(world: World, release: str = NEW.release, **changed: object) -> None:
    """Let a join write measures now."""
    put(folder(world), {**content(world.now, release), **changed}, release)


def newest(world: World) -> Record:
    record = world.store.newest()
    assert record is not None
    return record


def as_of(record: Record) -> object:
    return record.online and record.online.as_of


def test_under_way_a_record_has_none_and_at_its_end_it_has_the_last(world: World) -> None:
    world.bake()
    joined(world)
    world.polls(3)
    assert newest(world).online is None
    world.until(Phase.PROMOTED)
    kept = newest(world).online
    assert isinstance(kept, OnlineMeasures)
    assert kept == OnlineReader(folder(world)).read(NEW.release)
    assert [(one.value, one.users) for one in kept.of("gender")] == [("F", 100)]


def test_an_aborted_release_keeps_them_too_and_without_feedback_it_ends_all_the_same(world: World) -> None:
    world.bake()
    world.say(Action.ABORT)
    world.until(Phase.ABORTED)
    assert newest(world).online is None
    joined(world)
    world.poll(601)
    assert newest(world).online is not None


def test_later_joins_change_the_record_until_five_days_after_the_end(world: World) -> None:
    joined(world)
    world.promote()
    ended = newest(world).release.since
    world.now = ended + timedelta(days=4.9)
    joined(world)
    late = world.now
    world.poll()
    assert as_of(newest(world)) == late
    world.now = ended + timedelta(days=5.1)
    joined(world)
    world.polls(2, 601)
    assert as_of(newest(world)) == late


def test_the_release_before_goes_on_to_get_its_late_watches(world: World) -> None:
    joined(world)
    world.promote()
    world.promote(OTHER)
    world.now += timedelta(hours=30)
    joined(world)
    late = world.now
    world.poll()
    first = list(world.store.history())[-1]
    assert (first.release.id, as_of(first)) == (NEW.release, late)
    assert newest(world).online is None


def test_what_is_written_of_the_record_later_does_not_lose_them(world: World) -> None:
    joined(world)
    world.promote()
    kept = newest(world).online
    world.instances.ill.add("stable-1")  # recreating an instance is counted in the record
    world.polls(30)
    assert newest(world).recreated
    assert newest(world).online == kept
    world.boot()
    world.polls(3)
    assert newest(world).online == kept


def test_a_damaged_file_takes_nothing_from_the_record(world: World) -> None:
    joined(world)
    world.promote()
    kept = newest(world).online
    put(folder(world), "{")
    world.polls(2, 601)
    assert newest(world).online == kept


def test_a_full_disk_is_said_and_they_are_kept_once_there_is_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.promote()
    joined(world)
    with full_disk(monkeypatch):
        assert "make room on the disk" in world.poll(601).trouble
    assert newest(world).online is None
    world.poll(601)
    assert newest(world).online is not None


def test_a_record_without_them_is_read_and_one_with_them_is_one_of_before_with_a_field_more(
    world: World,
) -> None:
    world.promote()
    path = world.store.path(newest(world).release)
    before = json.loads(path.read_bytes())
    assert "online" not in before
    joined(world)
    world.poll(601)
    after = json.loads(path.read_bytes())
    assert after.keys() - before.keys() == {"online"}
    assert {name: after[name] for name in before} == before


def test_mails_of_the_end_have_both_tracks_or_say_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(tmp_path, monkeypatch)
    told.promoted()
    [text] = [mail.get_body(("plain",)) for mail in told.messages() if "Promoted" in mail["Subject"]]
    assert text is not None
    assert "No feedback here: `feedback collect` and `feedback join` do not run" in " ".join(
        text.get_content().split()
    )
    joined(told.world, OTHER.release)
    told.world.deploy(OTHER)
    told.until(Phase.PROMOTED)
    told.looks(20)
    [mail] = [mail for mail in told.messages() if mail["Subject"] == "Promoted: model v3"]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "Watched from list" in part.get_content()
        assert "12.3 % (11.3 to 14.3)" in part.get_content()
    assert isinstance(OnlineReader(folder(told.world)).read("never"), NotMeasured)
