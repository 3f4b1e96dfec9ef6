"""Quality of published segments: each fault is found, and said with its file."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auto_deployment.checks.data import check_data
from auto_deployment.checks.rows import first_fault
from auto_deployment.checks.scale_doubts import SourceRatings, doubt_scales
from auto_deployment.checks.verdicts import CheckVerdict, table
from auto_deployment.dataset.events import Event, Rating
from auto_deployment.dataset.schema import METADATA_KEY, SCHEMA, SegmentMeta
from auto_deployment.dataset.segments import publish_segment, stage_segment
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from tests.support.cycle.workspace import ROWS
from tests.support.ingest.corrections import correct
from tests.support.ingest.segments import NOON, write_segment
from tests.support.project import PROJECT
from tests.support.training import write_data

PARAMS = load_params(PROJECT / "params.yaml")
NOW = NOON + timedelta(days=3)


def rating(user: int, value: float = 4.0, minutes: int = 0, movie: str = "film+2000") -> Rating:
    return Rating(NOON + timedelta(minutes=minutes), user, movie, value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_data(Paths(tmp_path), ROWS, ())
    shutil.rmtree(tmp_path / "segments")
    add(tmp_path, "a", [rating(user) for user in range(1, 50)])
    return tmp_path


def add(folder: Path, name: str, events: Sequence[Event]) -> Path:
    return write_segment(folder / "segments", name, events)


def verdicts(folder: Path, **changed: float) -> dict[str, CheckVerdict]:
    params = replace(PARAMS.checks, **changed)
    found = check_data(folder / "segments", folder / "catalog", params, PARAMS.ingest, 3, NOW)
    return {one.name: one for one in found}


def failed(folder: Path, **changed: float) -> dict[str, str]:
    return {name: one.sentence for name, one in verdicts(folder, **changed).items() if not one.passed}


def test_good_data_pass(folder: Path) -> None:
    assert failed(folder) == {}
    names = ["readable", "rows", "scales", "catalogue", "offsets", "duplicates", "scale doubts"]
    names[6:6] = ["corrections"]
    names += ["freshness", "drift"]
    assert list(verdicts(folder)) == names


def test_corrections_are_counted_and_hide_no_stale_stream(folder: Path) -> None:
    before = verdicts(folder)
    correct(folder, rating(1, 1.0), scale=(0.0, 10.0))
    correct(folder, rating(2, 5.0), forgotten=1)
    after = verdicts(folder)
    assert failed(folder) == {}
    assert after["corrections"].sentence == "Files of corrections: 2; users forgotten: 1."
    assert after["freshness"] == before["freshness"]
    assert after["drift"] == before["drift"]


def test_corrections_of_one_number_are_named(folder: Path) -> None:
    path = correct(folder, forgotten=1)
    shutil.copy(path, path.with_name("correction-000001-other.parquet"))
    assert "correction-000001-other" in failed(folder)["corrections"]


def test_a_damaged_segment_is_named(folder: Path) -> None:
    path = add(folder, "b", [rating(7)])
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)
    assert list(failed(folder)) == ["readable"]
    assert "b.parquet cannot be read as a segment" in failed(folder)["readable"]


def test_no_segment_is_said_and_a_catalogue_may_be_empty(folder: Path) -> None:
    shutil.rmtree(folder / "catalog")
    (folder / "catalog").mkdir()
    assert failed(folder) == {}
    shutil.rmtree(folder / "segments")
    (folder / "segments").mkdir()
    assert "holds no segment" in failed(folder)["segments"]


def test_ratings_that_stand_there_twice_are_counted(folder: Path) -> None:
    add(folder, "b", [rating(user) for user in range(1, 11)])
    assert failed(folder)["duplicates"].startswith("10 of 59 ratings stand there twice (16.95%;")
    assert failed(folder, duplicate_share_max=0.2) == {}


def test_the_same_lines_in_two_segments_are_found(folder: Path) -> None:
    for name, span in {"k1": [0, 100], "k2": [100, 150], "k3": [140, 160]}.items():
        source = {"kind": "kafka", "topic_id": "t", "offsets": {"0": span}}
        meta = SegmentMeta(source, (1, 5), 1, {"rating": 0}, last_time=NOON)
        publish_segment(stage_segment(folder / "segments", name, [], lambda meta=meta: meta))  # type: ignore[misc]
    said = failed(folder)["offsets"]
    assert said.startswith("k2 and k3 both hold lines of partition 0, from offset 140 on")


def test_the_same_offsets_of_two_files_or_topics_are_no_overlap(folder: Path) -> None:
    sources = [{"kind": kind, "sha256": sha256} for kind in ("file", "import") for sha256 in "ab"]
    sources += [{"kind": "kafka", "topic": "t", "topic_id": topic_id} for topic_id in "ab"]
    for number, source in enumerate(sources):
        meta = SegmentMeta(source | {"offsets": {"0": [0, 9]}}, (1, 5), 1, {"rating": 0}, last_time=NOON)
        publish_segment(stage_segment(folder / "segments", f"s{number}", [], lambda meta=meta: meta))  # type: ignore[misc]
    assert failed(folder) == {}


def test_old_data_are_said(folder: Path) -> None:
    assert "at most 2 days" in failed(folder, data_age_max_days=2)["freshness"]


def test_an_event_ahead_of_the_clock_is_said_with_its_segment(folder: Path) -> None:
    add(folder, "b", [rating(60, minutes=9 * 24 * 60)])
    said = "b.parquet holds an event of 2026-01-10 12:00 UTC, which is in the future: is a clock wrong?"
    assert failed(folder) == {"freshness": said}


def test_a_stream_that_changed_is_said(folder: Path) -> None:
    shutil.rmtree(folder / "segments")
    for number in range(30):
        events = [rating(user, 4.0, number, f"film{user}+2000") for user in range(1, 1001)]
        add(folder, f"a{number:02}", events)
    later = [rating(user, 1.0, 5000, f"new{user}+2001") for user in range(1, 20_001)]
    add(folder, "b", later)
    assert "rating_mean" in verdicts(folder)["drift"].sentence


ROW = {"kind": "rating", "user_id": 1, "movie_id": "film+2000", "time": NOON, "rating": 4.0}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"user_id": 0}, "its user id is not positive."),
        ({"rating": 5.5}, "its rating is outside of 1 to 5."),
        ({"rating": 0.5}, "its rating is outside of 1 to 5."),
        ({"rating": None}, "it is a rating without a value."),
        ({"rating": float("nan")}, "its rating is not a number."),
        ({"movie_id": None}, "it names no movie."),
        ({"movie_id": ""}, "it names no movie."),
        ({"kind": "purchase"}, "its kind is not known."),
        ({"time": NOON - timedelta(days=40_000)}, "its time is before 1990."),
        ({"last_time": NOON - timedelta(minutes=1)}, "it ends before it begins."),
        ({"status": 99}, "its status is none that an answer can have."),
        ({"status": 1000}, "its status is none that an answer can have."),
        ({"latency_ms": -1}, "its latency is negative."),
        ({"offset": -1}, "its offset is negative."),
    ],
)
def test_a_row_that_cannot_be_is_named(changed: dict[str, object], reason: str) -> None:
    rows = [ROW, {**ROW, **changed}]
    columns = {name: [row.get(name) for row in rows] for name in SCHEMA.names}
    found = first_fault("a.parquet", pa.table(columns, schema=SCHEMA), (1.0, 5.0))
    assert str(found) == f"a.parquet, row 1: {reason}"


def test_a_row_of_a_later_row_group_is_named_by_its_place_in_the_file(folder: Path) -> None:
    path = add(folder, "b", [rating(user) for user in range(50, 53)])
    table = pq.read_table(path)
    place = table.schema.get_field_index("user_id")
    users = pa.array([50, 51, -1], pa.int64())
    table = table.set_column(place, table.schema.field(place), users)
    facts = {METADATA_KEY: pq.read_metadata(path).metadata[METADATA_KEY]}
    pq.write_table(table.replace_schema_metadata(facts), path, row_group_size=2)
    assert failed(folder)["rows"] == "b.parquet, row 2: its user id is not positive."


def a_source(scale: tuple[float, float], values: dict[float, int]) -> SourceRatings:
    return SourceRatings("import-1", scale, values, imported=True)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (a_source((0.5, 5), {1: 3, 4: 5, 5: 2}), "all of its 10 ratings are whole (1 to 5)"),
        (a_source((1, 10), {1: 30, 5: 300}), "none of its 330 ratings is above 5"),
        (a_source((0.5, 5), {1: 3, 4.5: 1, 5: 9}), None),
        (a_source((0.5, 5), {1: 3, 5: 1}), None),  # too few to tell
        (a_source((1, 10), {1: 300, 6: 1}), None),
    ],
)
def test_a_scale_that_the_ratings_contradict_is_a_warning(source: SourceRatings, said: str | None) -> None:
    found = doubt_scales([source])
    assert found.passed
    assert found.warning == (said is not None)
    if said:
        assert said in found.sentence
        assert "`import --replace import-1 --scale LOW-HIGH FILE`" in found.sentence


def test_a_wrong_scale_among_stored_data_is_said_with_its_source(folder: Path) -> None:
    stored = write_segment(
        folder / "segments", "import-0123456789abcdef-00000", map(rating, range(60, 80)), (0.5, 5)
    )
    found = verdicts(folder)["scale doubts"]
    assert (found.passed, found.warning) == (True, True)
    assert found.sentence.startswith(
        f"{stored.stem.removesuffix('-00000')} is stored on 0.5-5, but all of its 20"
    )


def test_what_failed_stands_last() -> None:
    said = table([CheckVerdict("a", False, "It is wrong."), CheckVerdict("bcd", True, "It is right.")])
    assert said == "ok   bcd  It is right.\nFAIL a    It is wrong.\n"
    doubtful = CheckVerdict("e", True, "It may be meant.", warning=True)
    assert table([doubtful, CheckVerdict("f", True, "Fine.")]) == "ok   f  Fine.\nWARN e  It may be meant.\n"
