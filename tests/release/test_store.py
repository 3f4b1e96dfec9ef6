"""Releases on the disk."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.release.release import Action, Phase, ReleaseCommand, requested
from auto_deployment.release.store import Record, StateError, Store, read_record
from tests.support.release.ticks import tick
from tests.support.release.world import NEW, OLD, START, build

RELEASE = requested(NEW, OLD, "r1", "pipeline", START).to(Phase.STARTING, START, "it starts")
RECORD = Record(
    RELEASE.with_command(ReleaseCommand("w1", Action.EXTEND, "ann", START, "weekend", 3600.0)),
    (tick(), tick(mean_latency_ms={"canary": None})),
    {"positions": [1], "users": "somebody"},
    {"canary": 2},
)
GONE = object()


def changed(content: Any, place: tuple[str | int, ...], value: object) -> Any:
    """Return a file's content with another value at a place, or with nothing there."""
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return content


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "releases")
    store.open()
    return store


def test_a_release_is_read_back_as_it_was_written(store: Store) -> None:
    store.write(RECORD)
    assert store.newest() == RECORD


def test_that_an_end_says_nothing_of_the_candidate_is_kept(store: Store) -> None:
    for blameless in (True, False):
        ended = RECORD.release.to(Phase.ABORTED, START, "Because.", blameless)
        store.write(Record(ended))
        newest = store.newest()
        assert newest is not None
        assert newest.release == ended


def test_the_newest_is_the_present_one_also_within_a_second(store: Store) -> None:
    later = requested(build("a"), OLD, "r2", "pipeline", START + timedelta(microseconds=1))
    store.write(RECORD)
    store.write(Record(later))
    newest = store.newest()
    assert newest is not None
    assert newest.release == later
    assert [record.release.id for record in store.history()] == [later.id, NEW.release]


def test_before_the_first_release_there_is_none(tmp_path: Path) -> None:
    assert Store(tmp_path / "nowhere").newest() is None
    assert list(Store(tmp_path / "nowhere").history()) == []


def test_records_of_others_in_the_folder_are_no_releases(store: Store, tmp_path: Path) -> None:
    (tmp_path / "releases" / "serving.json").write_text("{}", "utf-8")
    assert store.newest() is None


def test_what_is_kept_of_an_ended_release_names_no_users(store: Store) -> None:
    store.write(RECORD.without_users())
    assert "somebody" not in store.path(RELEASE).read_text("utf-8")


def test_a_record_without_its_ticks_has_all_else(store: Store) -> None:
    store.write(RECORD)
    (key,) = store.keys()
    assert RECORD.ticks
    assert store.without_ticks(key) == replace(RECORD, ticks=())


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(RECORD)

    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auto_deployment.host.files.os.fsync", full)
    with pytest.raises(StateError, match=r"v2.*No space left on device.*make room"):
        store.write(replace(RECORD, ticks=()))
    monkeypatch.undo()
    assert store.newest() == RECORD
    assert [path.name for path in store.path(RELEASE).parent.iterdir()] == [store.path(RELEASE).name]


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"ticks": [{}]},
        {"release": {}},
        {"release": None},
        {"recreated": []},
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_guessed(store: Store, change: dict[str, object]) -> None:
    store.write(RECORD)
    path = store.path(RELEASE)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}), "utf-8")
    with pytest.raises(StateError, match=f"{path.name} is damaged"):
        read_record(path)


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("release", "kind"), "rumour", "$.release.kind"),
        (("release", "stable"), None, "$.release.stable"),
        (("release", "candidate", "model_version"), 2, "$.release.candidate.model_version"),
        (("release", "candidate", "colour"), "red", "colour @ $.release.candidate"),
        (("release", "request"), GONE, "request is missing @ $.release"),
        (("release", "changes"), {}, "$.release.changes"),
        (("release", "changes"), [], "without a phase @ $.release"),
        (("release", "changes", 1, "at"), "2026-03-01T06:00:00", "time zone @ $.release.changes[1].at"),
        (("release", "changes", 1, "at"), 1772344800, "$.release.changes[1].at"),
        (("release", "origin"), {"ref": 1}, "$.release.origin['ref']"),
        (("release", "blameless"), 1, "$.release.blameless"),
        (("release", "words", 0, "seconds"), "3600", "$.release.commands[0].seconds"),
        (("release", "words", 0, "seconds"), 10**400, "$.release.commands[0].seconds"),
        (("release", "words", 0, "reason"), GONE, "reason is missing @ $.release.commands[0]"),
        (("release", "words"), GONE, "words is missing @ $.release"),
        (("recreated", "canary"), "2", "$.recreated['canary']"),
        (("recreated", "canary"), True, "$.recreated['canary']"),
        (("edge",), GONE, "edge is missing @ $"),
        (("edge",), [], "$.edge"),
        (("ticks",), {}, "$.ticks"),
        (("ticks", 1, "counts", "canary", "users"), 3.0, "$.ticks[1].counts['canary'].users"),
        (("ticks", 1, "counts", "canary", "users"), GONE, "users is missing @ $.ticks[1].counts['canary']"),
        (("ticks", 1, "mean_latency_ms", "canary"), "-", "$.ticks[1].mean_latency_ms['canary']"),
        (("ticks", 1, "metrics_available"), None, "$.ticks[1].metrics_available"),
        (("ticks", 0, "phase"), GONE, "phase is missing @ $.ticks[0]"),
        (("ticks", 0, "damaged_lines"), False, "$.ticks[0].damaged_lines"),
    ],
)
def test_what_is_damaged_is_named_by_its_place(
    store: Store, place: tuple[str | int, ...], value: object, named: str
) -> None:
    store.write(RECORD)
    path = store.path(RELEASE)
    path.write_text(json.dumps(changed(json.loads(path.read_bytes()), place, value)), "utf-8")
    with pytest.raises(StateError, match=re.escape(named)):
        read_record(path)


@pytest.mark.parametrize(
    "place", [("new",), ("release", "new"), ("release", "words", 0, "new"), ("ticks", 0, "new")], ids=str
)
def test_what_a_later_version_adds_is_not_read(store: Store, place: tuple[str | int, ...]) -> None:
    store.write(RECORD)
    path = store.path(RELEASE)
    path.write_text(json.dumps(changed(json.loads(path.read_bytes()), place, 1)), "utf-8")
    assert read_record(path) == RECORD


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_what_is_no_release_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(StateError, match=r"x\.json is damaged"):
        read_record(path)
