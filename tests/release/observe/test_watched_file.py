"""What feedback counted, as the release controller reads it: whatever is wrong with it is absent and said."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.release.judge.watched import Watched, Watchers
from auto_deployment.release.observe.watched_file import WatchedFile
from auto_deployment.release.release import Phase, Release, requested
from tests.support.release.world import NEW, OLD, START

NOW = START + timedelta(hours=1)


def release(*phases: Phase) -> Release:
    found = requested(NEW, OLD, "1", "ann", START)
    for number, phase in enumerate(phases, 1):
        found = found.to(phase, START + timedelta(minutes=number), "")
    return found


BAKES = release(Phase.BAKING)


@pytest.fixture
def source(tmp_path: Path) -> WatchedFile:
    (tmp_path / "watched").mkdir()
    return WatchedFile(tmp_path / "watched", tmp_path / "releases" / "evidence.json", stale_s=1800)


def answer(tmp_path: Path, **changes: Any) -> None:
    content = {
        "format": 1,
        "release": NEW.release,
        "since": BAKES.since.isoformat(),
        "until": NOW.isoformat(),
        "written_at": NOW.isoformat(),
        "tracks": {"canary": {"shown": 10, "watched": 2}, "stable": {"shown": 40, "watched": 9}},
        "groups": {"gender F": {"canary": {"shown": 4, "watched": 1}}},
    }
    file = tmp_path / "watched" / f"{NEW.release}.json"
    file.write_text(json.dumps(content | changes), "utf-8")


def test_counts_are_read(source: WatchedFile, tmp_path: Path) -> None:
    answer(tmp_path)
    tracks = {"canary": Watchers(10, 2), "stable": Watchers(40, 9)}
    assert source.read(BAKES, NOW) == Watched(NOW, tracks, {"gender F": {"canary": Watchers(4, 1)}})


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "none": (lambda folder: None, "has counted nothing for this release yet"),
    "stale": (
        lambda folder: answer(folder, written_at=(NOW - timedelta(seconds=1801)).isoformat()),
        "has counted nothing since 2026-03-01 06:29 UTC: does `feedback join` run?",
    ),
    "another": (lambda folder: answer(folder, release="v9"), "is of v9 since"),
    "before": (
        lambda folder: answer(folder, since=START.isoformat()),
        "is of v2-abc1234 since 2026-03-01 06:00 UTC",
    ),
    "later build": (lambda folder: answer(folder, format=2), "writes format 2, and this build knows 1"),
    "impossible": (
        lambda folder: answer(folder, tracks={"canary": {"shown": 1, "watched": 2}}),
        "cannot be read (more users watched",
    ),
    "no count": (lambda folder: answer(folder, tracks=None), "cannot be read"),
    "half": (
        lambda folder: (folder / "watched" / f"{NEW.release}.json").write_text('{"rel'),
        "cannot be read",
    ),
    "a folder": (lambda folder: (folder / "watched" / f"{NEW.release}.json").mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_used_is_absent_with_its_reason(
    source: WatchedFile, tmp_path: Path, what: str
) -> None:
    make, why = BAD[what]
    make(tmp_path)
    found = source.read(BAKES, NOW)
    assert why in found.absent
    assert (found.tracks, found.groups) == ({}, {})


def test_it_is_asked_for_as_long_as_the_release_bakes(source: WatchedFile, tmp_path: Path) -> None:
    question = tmp_path / "releases" / "evidence.json"
    source.ask(release(Phase.WARMING))
    assert not question.exists()
    source.ask(BAKES)
    assert json.loads(question.read_bytes()) == {"release": NEW.release, "since": BAKES.since.isoformat()}
    anew = release(Phase.BAKING, Phase.BAKING)
    source.ask(anew)
    assert json.loads(question.read_bytes())["since"] == anew.since.isoformat()
    source.ask(release(Phase.BAKING, Phase.ABORTED))
    assert not question.exists()


def test_what_a_controller_before_asked_for_goes(source: WatchedFile, tmp_path: Path) -> None:
    question = tmp_path / "releases" / "evidence.json"
    question.parent.mkdir()
    question.write_text("{}")
    source.ask(None)
    assert not question.exists()


def test_a_full_disk_is_said_and_tried_again(
    source: WatchedFile, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "releases").write_text("in the way")
    source.ask(BAKES)
    assert "lists watched are not compared" in caplog.text
    (tmp_path / "releases").unlink()
    source.ask(BAKES)
    assert (tmp_path / "releases" / "evidence.json").exists()
