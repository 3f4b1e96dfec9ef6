"""The files of measures: what the report says, of the releases that a join touched, a bounded number."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auto_deployment.cli import main
from auto_deployment.dataset.catalog import USERS
from auto_deployment.dataset.corrections.wishes import Wish
from auto_deployment.feedback.files import FeedbackError
from auto_deployment.feedback.online.measure_files import MeasureFiles
from auto_deployment.feedback.online.measuring import Measuring
from auto_deployment.feedback.online.release_report import report_release
from auto_deployment.feedback.online.release_report import shown as shown_spans
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.people.feedback_place import FeedbackPlace
from tests.support.feedback.world import LIST, NOON, World, after, request, told, watched
from tests.support.ingest.killed import KILLED
from tests.support.project import PROJECT
from tests.support.release.world import full_disk

NEW: dict[str, Any] = {"track": "canary", "release": "new"}
OLD: dict[str, Any] = {"track": "stable", "release": "old"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """User 1 watches from the canary's list, users 2 and 3 watch nothing of stable's."""
    return shown(World(tmp_path), NOON)


def shown(world: World, at: datetime) -> World:
    world.catalogue(*LIST)
    people = [(1, 30, "F", "artist"), (2, 60, "M", "other")]
    USERS.write(world.paths.catalog, pd.DataFrame(people, columns=USERS.schema.names))
    times = [at + timedelta(minutes=minute) for minute in (1, 2, 3)]
    world.log(
        *(request(time, user, user, **(NEW if user == 1 else OLD)) for user, time in enumerate(times, 1))
    )
    events = (told(time, user) for user, time in enumerate(times, 1))
    world.segment(*events, *watched(at + timedelta(minutes=10), 1, LIST[0]))
    world.collect()
    return world


def measuring(world: World, **kept: Any) -> Measuring:
    params: FeedbackParams = replace(world.params, measures=replace(world.params.measures, **kept))
    files = MeasureFiles(world.layout.measures)
    return Measuring(world.engine, world.store, world.paths.catalog, files, params)


def read(world: World, release: str = "new") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((world.layout.measures / f"{release}.json").read_bytes())
    return found


def files(world: World) -> list[str]:
    return sorted(path.name for path in world.layout.measures.iterdir())


def value(groups: list[dict[str, Any]], by: str, name: str) -> float:
    [found] = [one for one in groups if (one["by"], one["value"]) == (by, name)]
    rate: float = found["estimates"]["hit_rate"]["value"]
    return rate


def test_after_a_join_each_release_has_its_measures_by_track_gender_and_age(world: World) -> None:
    world.join()
    assert measuring(world).step(after(hours=2)) == ["new", "old"]
    new = read(world)
    assert (new["release"], new["since"], new["until"]) == (
        "new", NOON.isoformat(), after(minutes=1).isoformat(),
    )  # fmt: skip
    assert {(one["by"], one["value"]) for one in new["groups"]} == {
        ("all", "all"), ("release", "new"), ("track", "canary"), ("source", "personal"),
        ("gender", "F"), ("age", "25-34"),
    }  # fmt: skip
    assert value(new["groups"], "gender", "F") == 1.0
    assert new["as_of"] == after(hours=2).isoformat()
    assert read(world, "old")["as_canary"] is None


def test_both_tracks_are_compared_over_the_time_of_the_canary_only(world: World) -> None:
    minutes = (4, 5, 6)
    world.log(*(request(after(minutes=one), 1, 10 + one, **NEW) for one in minutes))
    world.log(request(after(hours=1), 9, 99, **OLD))  # after it
    world.segment(*(told(after(minutes=one), 1) for one in minutes), told(after(hours=1), 9))
    world.collect()
    world.join(after(hours=3))
    measuring(world).step(after(hours=3))
    both = read(world)["as_canary"]
    assert (both["since"], both["until"]) == (after(minutes=1).isoformat(), after(minutes=6).isoformat())
    assert {one["value"]: one["users"] for one in both["tracks"]} == {"canary": 1, "stable": 2}
    assert value(both["tracks"], "track", "canary") == 1.0
    assert value(both["tracks"], "track", "stable") == 0.0


def test_only_what_a_join_has_touched_is_measured_again(world: World) -> None:
    for hours, touched in ((70, ["new", "old", "newest"]), (80, ["newest"])):
        world.log(request(after(hours=hours), 5, hours, release="newest"))
        world.segment(told(after(hours=hours), 5))
        world.collect()
        now = after(hours=hours + 1)
        world.join(now)
        assert measuring(world).step(now) == touched
        assert measuring(world).step(now) == []
    assert files(world) == ["new.json", "newest.json", "old.json"]
    assert read(world, "old")["as_of"] == after(hours=71).isoformat()


def test_a_late_watch_changes_the_measures_of_the_release_that_it_counts_for(world: World) -> None:
    world.segment(told(after(hours=19), 9))  # the stream has come past the hour of the lists
    world.join(after(hours=19))
    measuring(world).step(after(hours=19))
    assert value(read(world, "old")["groups"], "track", "stable") == 0.0
    world.segment(*watched(after(hours=20), 2, LIST[1]))
    world.join(after(hours=70))
    assert "old" in measuring(world).step(after(hours=70))
    assert value(read(world, "old")["groups"], "track", "stable") == 0.5


def test_a_kill_between_tables_and_file_is_made_good_by_the_next_start(world: World) -> None:
    world.join()
    world.layout.measures.mkdir()
    (world.layout.measures / ".gone.json.tmp").write_text('{"release": "ne', "utf-8")
    assert world.joiner().step(after(hours=2)).hours == []  # the tables are complete
    assert measuring(world).step(after(hours=2)) == ["new", "old"]
    assert files(world) == ["new.json", "old.json"]


def test_a_damaged_file_is_made_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.join()
    measuring(world).step(after(hours=2))
    whole = read(world)
    for damage in (b"", b"{", b"[]", b"\xff\xfe"):
        (world.layout.measures / "new.json").write_bytes(damage)
        assert measuring(world).step(after(hours=2)) == ["new"]
        assert read(world) == whole
    assert "new.json is damaged" in caplog.text


def test_no_more_files_are_kept_than_said_and_the_oldest_goes_for_good(world: World) -> None:
    world.join()
    bounded = measuring(world, keep=1)
    assert bounded.step(after(hours=2)) == ["old"]  # it was shown last
    assert files(world) == ["old.json"]
    assert bounded.step(after(hours=2)) == []
    (world.layout.measures / "older.json").write_text('{"until": "2026-01-01T00:00:00+00:00"}', "utf-8")
    (world.layout.measures / "damaged.json").write_text("{", "utf-8")
    world.segment(*watched(after(minutes=30), 2, LIST[1]))
    world.join(after(hours=3))
    assert bounded.step(after(hours=3)) == ["old"]
    assert files(world) == ["old.json"]


def test_what_can_change_no_more_stays_as_it_is(world: World) -> None:
    world.join()
    measuring(world).step(after(hours=2))
    (world.layout.measures / "new.json").unlink()
    assert measuring(world).step(after(days=6)) == []
    assert files(world) == ["old.json"]


def test_a_release_with_a_name_that_is_none_gets_no_file(world: World) -> None:
    names = ["../evil", "", ".hidden", "x" * 300]
    world.log(*(request(after(minutes=20 + n), 7, 70 + n, release=name) for n, name in enumerate(names)))
    world.segment(*(told(after(minutes=20 + n), 7) for n in range(len(names))))
    world.collect()
    world.join()
    assert measuring(world).step(after(hours=2)) == ["new", "old"]
    assert not (world.layout.root / "evil.json").exists()


def test_a_full_disk_is_said_and_the_next_round_writes_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.join()
    with full_disk(monkeypatch), pytest.raises(FeedbackError, match=r"new.json does not fit on the disk"):
        measuring(world).step(after(hours=2))
    assert measuring(world).step(after(hours=2)) == ["new", "old"]
    assert files(world) == ["new.json", "old.json"]


def test_whoever_is_forgotten_is_in_the_measures_no_more(world: World) -> None:
    world.join()
    measuring(world).step(after(hours=2))
    FeedbackPlace(world.paths).forget(Wish(2, after(hours=3), 1, "wish"))
    assert "old" in measuring(world).step(after(hours=4))
    assert {one["users"] for one in read(world, "old")["groups"] if one["by"] == "all"} == {1}


@pytest.fixture
def now_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same an hour ago, in the data directory of the commands."""
    world = World(tmp_path)
    world.edge_log = world.paths.run / "logs" / "edge.log"
    world.edge_log.parent.mkdir(parents=True)
    monkeypatch.setenv("DATA_DIR", str(world.paths.root))
    return shown(world, datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))


def test_the_file_says_what_the_report_says_to_the_last_digit(
    now_shown: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["feedback", "join", "--once"]) == 0
    assert json.loads(capsys.readouterr().out)["measured"] == 2
    for release in ("new", "old"):
        assert main(["feedback", "report", "--release", release, "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        written = read(now_shown, release)
        assert {"as_of", "made_of"} == written.keys() - report.keys()
        assert {name: written[name] for name in report} == report
    assert main(["feedback", "report", "--release", "new"]) == 0
    text = capsys.readouterr().out
    assert "Both tracks while it was the canary:" in text
    assert main(["feedback", "report", "--release", "never"]) == 0
    assert capsys.readouterr().out.startswith("No list was shown in this time")


def test_they_agree_on_a_release_that_serves_again_after_a_long_time(world: World) -> None:
    world.join(after(hours=2))
    now = after(days=30)
    world.log(request(now, 5, 5, **OLD))
    world.segment(told(now, 5))
    world.collect()
    world.join(now + timedelta(hours=1))
    found = measuring(world)
    assert found.step(now + timedelta(hours=1)) == ["old"]
    [of] = shown_spans(world.engine, world.store, None, "old", world.params.report.days)
    report = report_release(found.tables(), of, world.params.report).to_json()
    written = read(world, "old")
    assert {name: written[name] for name in report} == report
    assert report["since"] == now.isoformat()


def test_killed_between_tables_and_file_the_next_start_measures(
    now_shown: World, capsys: pytest.CaptureFixture[str]
) -> None:
    now_shown.join(datetime.now(UTC))
    program = KILLED.format(first="", left=1, call="replace")  # the first file is there, the second is not
    done = subprocess.run(
        [sys.executable, "-c", program, "feedback", "join", "--once"], cwd=PROJECT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert files(now_shown) == [".old.json.tmp", "new.json"]
    assert main(["feedback", "join", "--once"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["hours"], said["days"], said["measured"]) == (0, 0, 1)
    assert files(now_shown) == ["new.json", "old.json"]
