"""`forget`: nothing of a user counts any more, and what can be removed is removed, of nobody else."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.recent.events import RecentEvent, render
from auto_deployment.dataset.catalog import USERS
from auto_deployment.dataset.corrections.held_record import read_held
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.dataset.corrections.writing import Correction, correcting, write_correction
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.dataset.segments import list_segments
from auto_deployment.ingest.recent.sinks import FileSink
from auto_deployment.paths import CycleLayout, Paths, RunLayout
from tests.people.conftest import ANN, quarantine, watched_minutes
from tests.support.commands import said_by
from tests.support.feedback.service import Worker, shown_line
from tests.support.feedback.world import NOON
from tests.support.find_user import files_with
from tests.support.ingest.corrections import NOW, correct, rating, removal
from tests.support.ingest.segments import watch, write_segment
from tests.support.project import PROJECT
from tests.support.training import users_frame

Marquee = Callable[..., str]
OTHERS = {(2, "heat+1995", 3.0), (3, "brazil+1985", 4.0)}


def ratings(root: Path) -> set[tuple[int, str, float]]:
    frame = read_ratings(Paths(root).segments).frame
    return set(zip(frame["user_id"], frame["movie_id"].astype(str), frame["rating"], strict=True))


def test_what_is_stored_of_a_user_is_gone_but_the_wish_and_all_else_stays(
    full: Path, marquee: Marquee
) -> None:
    paths = Paths(full)
    counts = [one.meta.counts for one in list_segments(paths.segments)]
    said = marquee("forget", ANN)
    assert (
        said.splitlines()[0] == "removed or written anew: quarantine 2, catalogue 1, segments 3, feedback 3"
    )
    assert said.splitlines()[-1] == "nothing else is held of before"
    (wish,) = files_with(full, ANN)
    assert wish.startswith("segments/correction-000001-")
    assert ratings(full) == OTHERS
    assert quarantine(full) == [b"", b"2026-01-01T12:00,2,GET /x", b""]
    assert set(USERS.read(paths.catalog)["user_id"]) == {2, 3}
    # What lines a segment covers has not changed: the stream goes on where it was.
    after = [one for one in list_segments(paths.segments) if one.meta.source["kind"] != "correction"]
    assert [one.meta.counts for one in after] == counts


def test_the_file_of_recent_events_is_named_by_report_and_forget(
    full: Path,
) -> None:
    file, later = full / "recent" / "events", int(datetime.now(UTC).timestamp()) + 3600
    FileSink(file).send([render(RecentEvent(int(NOON.timestamp()), ANN, "heat+1995"))])
    environ = {"DATA_DIR": str(full), "PARAMS_FILE": str(PROJECT / "params.yaml"), "LOG_LEVEL": "ERROR"}
    marquee = partial(said_by, environ | {"RECENT_FILE": str(file)})
    assert json.loads(marquee("events", "report", str(ANN)))["held"]["recent events"] == [str(file)]
    assert f"still held: {file}: what the user has just seen or rated" in marquee("forget", str(ANN))
    file.rename(file.with_name("events.1"))
    assert f"still held: {file}.1: " in marquee("forget", "--status")
    (full / "recent" / "events.1").unlink()
    FileSink(file).send([render(RecentEvent(later, ANN, "heat+1995"))])  # of whoever comes back
    assert "nothing else is held of before" in marquee("forget", "--status")


def test_corrections_of_a_forgotten_user_go_too_and_others_corrections_stay(
    root: Path, marquee: Marquee
) -> None:
    marquee("events", "correct", ANN, "heat+1995", "2026-01-01T12:00", "--rating", 5)
    marquee("events", "correct", 2, "heat+1995", "2026-01-01T12:00", "--rating", 5)
    marquee("forget", ANN)
    assert len(files_with(root, ANN)) == 1
    assert ratings(root) == {(2, "heat+1995", 5.0), (3, "brazil+1985", 4.0)}


def test_what_one_correction_says_of_others_stays(root: Path) -> None:
    heat = [rating(user, "heat+1995", 2.0) for user in (ANN, 2)]
    with correcting(Paths(root)):
        write_correction(Paths(root), Correction(removed=list(map(removal, heat))), NOW)
    correct(root, forgotten=ANN)
    assert len(rewrite(Paths(root)).done) == 3
    assert len(files_with(root, ANN)) == 1
    assert ratings(root) == OTHERS - {(2, "heat+1995", 3.0)}


def test_what_versions_of_before_have_is_known_to_hold_each_user_that_is_forgotten_later(
    root: Path, marquee: Marquee
) -> None:
    """The segment has another name by then, since it was written anew for somebody else."""
    marquee("forget", ANN)
    marquee("forget", 2)
    held = read_held(Paths(root).forgotten)
    assert (held["a"], held["b"]) == ({1, 2}, {1, 2})


def test_a_published_import_that_was_replaced_since_is_known_to_hold_the_user(
    root: Path, marquee: Marquee
) -> None:
    """It is in the cycle's clone only, and its successor has nobody of that number."""
    paths = Paths(root)
    clone = CycleLayout(paths.cycle).clone / "data" / "segments"
    write_segment(clone, "import-old", [rating(77, "heat+1995", 2.0)])
    assert "import-old.parquet" in marquee("events", "report", 77)
    said = marquee("forget", 77)
    assert read_held(paths.forgotten) == {"import-old": {1}}
    assert "still held: cycle/clone: what the last cycle has worked on" in said


def test_to_forget_twice_changes_nothing(full: Path, marquee: Marquee) -> None:
    marquee("forget", ANN)
    before = {path: path.stat().st_ino for path in Paths(full).segments.iterdir()}
    assert "asked for before" in marquee("forget", ANN)
    assert {path: path.stat().st_ino for path in Paths(full).segments.iterdir()} == before


def test_whoever_uses_the_service_again_is_a_new_user_who_can_be_forgotten_again(
    root: Path, marquee: Marquee
) -> None:
    marquee("forget", ANN)
    again = replace(rating(ANN, "heat+1995", 5.0), time=datetime.now(UTC) + timedelta(seconds=30))
    write_segment(Paths(root).segments, "c", [rating(ANN, "late+2000", 1.0), again])
    assert ratings(root) == {*OTHERS, (ANN, "heat+1995", 5.0)}
    assert "late+2000" not in marquee("events", "list", ANN)
    assert "segments/c.parquet: 1 rows" in marquee("forget", "--status")
    marquee("forget", ANN)
    assert ratings(root) == OTHERS
    assert all("correction-" in path for path in files_with(root, ANN))


def test_an_old_event_of_a_forgotten_user_cannot_be_added(root: Path, marquee: Marquee) -> None:
    marquee("forget", ANN)
    said = marquee("events", "add", ANN, "heat+1995", "2026-01-01T12:00", "--rating", 3)
    assert f"User {ANN} was forgotten as of" in said


def test_segments_that_are_read_wait_and_are_not_counted_meanwhile(root: Path, marquee: Marquee) -> None:
    with reading(Paths(root).segments):
        said = marquee("forget", ANN)
        assert ratings(root) == OTHERS
    assert said.count("rows that no reader counts; once nobody reads") == 2
    assert len(files_with(root, ANN)) == 3
    assert rewrite(Paths(root)).done == ("a", "b")
    assert len(files_with(root, ANN)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("99",), "Nothing is held about user 99"),
        ((), "takes a USER, or --status"),
        (("--status",), "Nobody was to be forgotten here"),
        (("--status", "2"), "User 2 was to be"),
    ],
)
def test_what_cannot_be_is_refused(root: Path, marquee: Marquee, words: tuple[str, ...], said: str) -> None:
    before = sorted(Paths(root).segments.iterdir())
    said = said.replace("User 2 was to be", "User 2 was to be forgotten here: ")
    assert said in marquee("forget", *words)
    assert sorted(Paths(root).segments.iterdir()) == before


def test_a_user_that_only_the_catalogue_knows_is_forgotten(root: Path, marquee: Marquee) -> None:
    USERS.write(Paths(root).catalog, users_frame([2, 55]))
    assert "catalogue 1" in marquee("forget", 55)
    assert set(USERS.read(Paths(root).catalog)["user_id"]) == {2}


def test_a_log_of_requests_that_names_the_user_is_named(root: Path, marquee: Marquee) -> None:
    layout = RunLayout(Paths(root).run)
    logs = layout.logs
    logs.mkdir(parents=True)
    Worker(layout.impressions).write(shown_line(NOON, ANN, 1), shown_line(NOON, 2, 2))
    (logs / "edge.log").write_text(f'{{"time":"x","user":"{ANN}"}}\n')
    (logs / "edge.log.1").write_text(f'{{"time":"x","user":"2","bytes":{ANN}}}\n')
    held = json.loads(marquee("forget", ANN, "--json"))["held"]
    assert [one["where"] for one in held] == ["run/logs/edge.log", "run/impressions/one.000001.log"]


def test_models_of_before_are_named_and_models_made_since_are_not(root: Path, marquee: Marquee) -> None:
    for name in ("old", "new"):
        folder = Paths(root).models / name
        folder.mkdir(parents=True)
        np.save(folder / "user_ids.npy", np.array([2, ANN], np.int64))
        segments: list[str] = []
        if name == "new":
            wish = json.loads(marquee("forget", ANN, "--json"))["kept"]
            segments = [f"{wish}.parquet"]
        (folder / "manifest.json").write_text(json.dumps({"data": {"segments": segments}}))
    held = json.loads(marquee("forget", "--status", ANN, "--json"))["held"]
    assert [one["where"] for one in held] == ["models/old"]


def test_a_full_disk_leaves_a_wish_that_can_be_gone_on_with(
    full: Path, marquee: Marquee, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, room = os.fsync, [3]

    def fsync(descriptor: int) -> None:
        room[0] -= 1
        if room[0] < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert "No space left on device" in marquee("forget", ANN)
    monkeypatch.undo()
    assert ratings(full) == OTHERS
    marquee("forget", ANN)
    assert len(files_with(full, ANN)) == 1


def test_watches_of_others_in_the_same_segment_stay(root: Path, marquee: Marquee) -> None:
    write_segment(Paths(root).segments, "c", [*watch(ANN, "alien+1979", 7), *watch(2, "alien+1979", 6)])
    marquee("forget", ANN)
    assert watched_minutes(root) == 2
