"""Files of measures as releases read them: what cannot be read is a reason, and no error."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from auto_deployment.dataset.catalog import USERS
from auto_deployment.feedback.online.measure_files import MeasureFiles
from auto_deployment.feedback.online.measuring import Measuring
from auto_deployment.release.online.reader import NotMeasured, Online, OnlineMeasures, OnlineReader
from auto_deployment.release.online.words import online_line
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched
from tests.support.release.online import content, put
from tests.support.release.world import NEW, START


def read(folder: Path) -> Online:
    return OnlineReader(folder).read(NEW.release)


def test_what_feedback_writes_is_what_releases_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.catalogue(*LIST)
    USERS.write(world.paths.catalog, pd.DataFrame([(1, 30, "F", "x")], columns=USERS.schema.names))
    world.log(request(NOON, 1, 1, track="canary", release=NEW.release))
    world.log(request(after(minutes=1), 2, 2, track="stable", release="old"))
    world.segment(told(NOON, 1), told(after(minutes=1), 2), *watched(after(minutes=5), 1, LIST[0]))
    world.collect()
    world.join()
    files = MeasureFiles(world.layout.measures)
    Measuring(world.engine, world.store, world.paths.catalog, files, world.params).step(after(hours=1))
    found = read(world.layout.measures)
    assert isinstance(found, OnlineMeasures)
    assert [one.value for one in found.tracks()] == ["canary"]  # stable was shown nothing meanwhile
    assert found.tracks()[0].estimate("hit_rate")["value"] == 1
    assert [(one.value, one.users) for one in found.of("gender")] == [("F", 1)]
    assert (found.as_of, found.lines["joined"]) == (after(hours=1), 2)


def test_without_feedback_and_before_the_first_join_there_is_a_reason(tmp_path: Path) -> None:
    assert read(tmp_path / "measures") == NotMeasured(
        "no feedback here: `feedback collect` and `feedback join` do not run (docs/feedback.md)."
    )
    (tmp_path / "measures").mkdir()
    said = read(tmp_path / "measures")
    assert isinstance(said, NotMeasured)
    assert said.reason.startswith("nothing of its lists is joined yet")


DAMAGED = {
    "empty": "",
    "cut off": '{"format": 1, "release": "v2-abc',
    "a list": "[1]",
    "a number": "7",
    "a field missing": {name: value for name, value in content().items() if name != "groups"},
    "no number": {**content(), "groups": [{**content()["groups"][0], "users": "many"}]},
    "no time zone": {**content(), "as_of": "2026-03-01T06:00:00"},
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("what", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named(tmp_path: Path, what: object) -> None:
    path = put(tmp_path, what)
    found = read(tmp_path)
    assert isinstance(found, NotMeasured)
    assert found.reason.startswith(f"{path} is damaged (")
    assert "the next join that touches it writes it anew." in online_line(found)


def test_a_file_of_a_later_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = put(tmp_path, {**content(), "format": 2})
    assert read(tmp_path) == NotMeasured(f"{path} is of format 2, this build knows 1: update it.")


def test_a_file_with_more_than_this_build_knows_is_read(tmp_path: Path) -> None:
    put(tmp_path, {**content(), "something_new": 5})
    assert isinstance(read(tmp_path), OnlineMeasures)


def test_a_file_that_was_replaced_is_read_again_and_one_that_was_not_is_not(tmp_path: Path) -> None:
    reader = OnlineReader(tmp_path)
    put(tmp_path, content())
    first = reader.read(NEW.release)
    assert reader.read(NEW.release) is first
    later = START + timedelta(hours=1)
    put(tmp_path, {**content(later), "filler": "x" * 50})
    found = reader.read(NEW.release)
    assert isinstance(found, OnlineMeasures)
    assert found.as_of == later
    put(tmp_path, content(), "other")
    assert reader.read("other") != found


def test_a_line_says_both_tracks_and_when_they_were_joined(tmp_path: Path) -> None:
    put(tmp_path, content(datetime(2026, 3, 5, 18, 20, tzinfo=UTC)))
    found = read(tmp_path)
    assert isinstance(found, OnlineMeasures)
    assert online_line(found) == (
        "canary 12.3 % (11.3 to 14.3) of 212 users, stable 11.9 % (10.9 to 13.9) of 871 users; "
        "joined 2026-03-05 18:20 UTC"
    )
    assert online_line(replace(found, as_canary=None)).startswith("all 12.3 % (11.3 to 14.3) of 212 users; ")
    assert online_line(replace(found, as_canary=None, groups=())).startswith("nobody was shown a list; ")
