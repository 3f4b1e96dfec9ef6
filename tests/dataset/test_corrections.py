"""Corrections: what readers, exports, joining and a program that knows none make of them."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset.compaction import compact
from auto_deployment.dataset.corrections.applied import read_corrections
from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.dataset.corrections.names import next_number
from auto_deployment.dataset.corrections.writing import Correction, Removed, correcting, write_correction
from auto_deployment.dataset.events import Watch
from auto_deployment.dataset.export import Range, export_ratings
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.reading import read_ratings, read_watches
from auto_deployment.dataset.schema import METADATA_KEY, SCHEMA_VERSION
from auto_deployment.dataset.segments import segment_paths
from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import BusyError, only_one
from auto_deployment.paths import Paths
from auto_deployment.training.provenance import describe_segments
from tests.support.ingest.corrections import NOW, correct, rating
from tests.support.ingest.home import Home, ingest_params
from tests.support.ingest.segments import NOON, watch, write_segment
from tests.support.ingest.streams import FakeStream, begin, lines, make_listener

EVER = Range(-(2**62), 2**62)
FIRST = rating(1, "heat+1995", 2.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a data directory with some events of three users in two segments."""
    paths = Paths(tmp_path / "data")
    write_segment(paths.segments, "a", [FIRST, rating(2, "heat+1995", 3.0), *watch(1, "alien+1979", 0, 1, 2)])
    write_segment(paths.segments, "b", [rating(3, "brazil+1985", 4.0), *watch(2, "alien+1979", 5)])
    return paths.root


def ratings(root: Path) -> set[tuple[int, str, float]]:
    frame: pd.DataFrame = read_ratings(Paths(root).segments).frame
    return set(zip(frame["user_id"], frame["movie_id"].astype(str), frame["rating"], strict=True))


def exported(root: Path) -> set[tuple[int, str, float]]:
    text = "".join(export_ratings(Paths(root).segments, EVER, (1, 5)))
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return {(int(user), movie, float(value)) for _, user, movie, value in rows}


def watched(root: Path) -> dict[tuple[int, str], int]:
    frame = read_watches(Paths(root).segments).frame
    pairs = zip(frame["user_id"], frame["movie_id"].astype(str), strict=True)
    return dict(zip(pairs, frame["minutes_watched"], strict=True))


OTHERS = {(2, "heat+1995", 3.0), (3, "brazil+1985", 4.0)}


def test_a_rating_is_removed_for_training_and_export_and_nobody_elses(root: Path) -> None:
    correct(root, removed=FIRST)
    assert ratings(root) == exported(root) == OTHERS
    assert watched(root) == {(1, "alien+1979"): 3, (2, "alien+1979"): 1}


def test_a_rating_is_corrected(root: Path) -> None:
    correct(root, rating(1, "heat+1995", 5.0), FIRST)
    assert ratings(root) == exported(root) == {*OTHERS, (1, "heat+1995", 5.0)}


def test_of_two_corrections_of_one_event_the_later_counts(root: Path) -> None:
    correct(root, rating(1, "heat+1995", 5.0), FIRST)
    correct(root, rating(1, "heat+1995", 4.0), FIRST)
    assert ratings(root) == {*OTHERS, (1, "heat+1995", 4.0)}
    correct(root, removed=FIRST)
    assert ratings(root) == exported(root) == OTHERS


def test_what_is_added_again_after_its_removal_counts_once(root: Path) -> None:
    correct(root, removed=FIRST)
    correct(root, FIRST)
    correct(root, FIRST)
    assert ratings(root) == exported(root) == {*OTHERS, (1, "heat+1995", 2.0)}


def test_added_ratings_are_on_the_scale_of_their_correction(root: Path) -> None:
    correct(root, rating(9, "heat+1995", 10.0), scale=(0.0, 10.0))
    assert (9, "heat+1995", 5.0) in ratings(root)


def test_a_correction_gets_a_number_above_all_others_also_beyond_six_digits() -> None:
    names = ["correction-999999-ab.parquet", "kafka-9-9.parquet", "correction-1000000-ab-joined-cd.parquet"]
    assert next_number(map(Path, names[:2])) == 1_000_000
    assert next_number(map(Path, names)) == 1_000_001


def test_everything_of_a_forgotten_user_up_to_then_is_gone_and_what_comes_later_counts(root: Path) -> None:
    correct(root, forgotten=1)
    assert ratings(root) == exported(root) == OTHERS
    assert watched(root) == {(2, "alien+1979"): 1}
    late, new = rating(1, "late+2000", 1.0), replace(FIRST, time=NOW + timedelta(seconds=1))
    write_segment(Paths(root).segments, "c", [late, new])
    assert ratings(root) == exported(root) == {*OTHERS, (1, "heat+1995", 2.0)}
    assert [one.time for one in events_of(Paths(root).segments, 1, (1, 5))] == [new.time]


def test_an_event_of_before_cannot_be_added_to_a_forgotten_user(root: Path) -> None:
    correct(root, forgotten=1)
    correct(root, FIRST)
    assert ratings(root) == OTHERS


def test_provenance_names_corrections_and_their_hash_is_another_one(root: Path) -> None:
    before = describe_segments(Paths(root).segments)
    path = correct(root, rating(1, "heat+1995", 5.0), FIRST)
    after = describe_segments(Paths(root).segments)
    assert path.name in after["segments"]
    assert after["hash"] != before["hash"]


def test_a_program_that_knows_no_corrections_refuses_them(root: Path) -> None:
    path = correct(root, removed=FIRST)
    said = json.loads(pq.read_metadata(path).metadata[METADATA_KEY])
    assert said["schema"] != SCHEMA_VERSION  # by which the version before tells what it cannot read
    event = json.loads(pq.read_metadata(path.with_name("a.parquet")).metadata[METADATA_KEY])
    assert event["schema"] == SCHEMA_VERSION


@pytest.mark.parametrize("change", [{}, {"removed": FIRST}, {"forgotten": 1}])
def test_nothing_is_to_be_seen_of_a_correction_that_found_no_room(
    root: Path, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = ratings(root), sorted(Paths(root).segments.iterdir())

    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auto_deployment.host.files.os.fsync", full)
    with pytest.raises(MarqueeError, match=r"No space left on device.*try again"):
        correct(root, **(change or {"added": FIRST}))
    assert ratings(root) == before
    assert sorted(Paths(root).segments.iterdir()) == files


def test_nobody_corrects_while_segments_are_joined(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auto_deployment.dataset.corrections.writing.PATIENCE_S", 0.1)
    with (
        only_one(Paths(root).compaction_lock, "Joining segments"),
        pytest.raises(BusyError, match=r"being joined or corrected .*try again"),
    ):
        correct(root, removed=FIRST)


def stream_watch(home: Home, first: int, *minutes: int) -> None:
    """Let watch lines of user 1 and a rating of user 2 become one segment."""
    texts = [f"2026-08-27T10:{m:02}:00,1,GET /data/m/alien+1979/{m}.mpg".encode() for m in minutes]
    texts.append(f"2026-08-27T10:{first:02}:30,2,GET /rate/alien+1979=3".encode())
    listener = make_listener(
        home.root,
        FakeStream([begin(first), lines(first, texts)]),
        ingest_params(max_lines=9),
        now=lambda: datetime(2026, 8, 27, 12, tzinfo=UTC),
    )
    listener.run(threading.Event(), lambda: False)


def test_joining_keeps_what_a_removal_means_also_for_minutes_that_come_after_it(home: Home) -> None:
    stream_watch(home, 0, 0, 1)
    stream_watch(home, 3, 2, 3)
    (seen,) = (one for one in events_of(home.paths.segments, 1, (1, 5)) if one.kind == "watch")
    gone = Removed("watch", 1, "alien+1979", seen.time, seen.last_time)
    with correcting(home.paths):
        write_correction(home.paths, Correction(removed=(gone,)), NOW)
    stream_watch(home, 6, 4, 5)
    before = watched(home.root), ratings(home.root)
    assert before[0] == {(1, "alien+1979"): 2}
    assert compact(home.paths, (NOW + timedelta(days=300)).date(), 10**9, lambda: None).joined == 3
    assert (watched(home.root), ratings(home.root)) == before


def test_a_watch_is_removed_as_a_whole_over_segments(root: Path) -> None:
    write_segment(Paths(root).segments, "c", watch(1, "alien+1979", 7, 8))
    (seen,) = (one for one in events_of(Paths(root).segments, 1, (1, 5)) if one.kind == "watch")
    assert seen.minutes == ((0, 2), (7, 8))
    with correcting(Paths(root)):
        gone = Removed("watch", 1, "alien+1979", seen.time, seen.last_time)
        added = [Watch(NOON + timedelta(minutes=m), 1, "alien+1979", m) for m in range(10)]
        write_correction(Paths(root), Correction(added, (gone,)), NOW)
    assert watched(root) == {(1, "alien+1979"): 10, (2, "alien+1979"): 1}


def test_corrections_may_be_written_while_others_read(root: Path) -> None:
    with reading(Paths(root).segments):
        correct(root, removed=FIRST)
    assert read_corrections(segment_paths(Paths(root).segments))


def test_events_of_a_user_have_both_kinds_in_order(root: Path) -> None:
    found = events_of(Paths(root).segments, 1, (0, 10))
    assert [(one.kind, one.movie_id, one.rating, one.minutes) for one in found] == [
        ("watch", "alien+1979", None, ((0, 2),)),
        ("rating", "heat+1995", 2.5, ()),
    ]
