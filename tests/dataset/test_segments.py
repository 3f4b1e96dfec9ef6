import os
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event, Rating
from auto_deployment.dataset.schema import SCHEMA, SegmentError, SegmentMeta
from auto_deployment.dataset.segments import data_hash, list_segments, publish_segment, stage_segment
from tests.support.ingest.segments import NOON, watch, write_segment

META = SegmentMeta(
    source={"kind": "kafka", "cluster_id": "c", "topic": "t", "topic_id": "i", "offsets": {"0": [5, 9]}},
    rating_scale=(0.5, 5),
    parser_version=1,
    counts={"watch": 3},
    rejected_by_reason={"time": 1},
    first_time=NOON,
    last_time=NOON + timedelta(microseconds=1),
)


def test_the_facts_of_a_segment_survive_writing_and_listing(tmp_path: Path) -> None:
    publish_segment(stage_segment(tmp_path, "one", [], lambda: META))
    (segment,) = list_segments(tmp_path)
    assert (segment.path, segment.rows, segment.meta) == (tmp_path / "one.parquet", 0, META)


def test_a_segment_has_the_one_schema_of_all_kinds(tmp_path: Path) -> None:
    path = write_segment(tmp_path, "one", watch(7, "heat+1995", 0))
    assert pq.read_schema(path).remove_metadata().equals(SCHEMA)


def test_the_same_events_give_the_same_bytes(tmp_path: Path) -> None:
    events: list[Event] = [*watch(7, "heat+1995", 3, 1), Rating(NOON, 7, "heat+1995", 4)]
    first, second = (write_segment(tmp_path / folder, "one", events) for folder in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_a_published_segment_is_never_replaced(tmp_path: Path) -> None:
    path = write_segment(tmp_path, "one", watch(7, "heat+1995", 0))
    before = path.stat()
    write_segment(tmp_path, "one", watch(8, "alien+1979", 0))
    assert path.stat() == before
    assert os.listdir(tmp_path) == ["one.parquet"]


def test_a_failure_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail() -> SegmentMeta:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        stage_segment(tmp_path, "one", SegmentBuilder().record_batches(), fail)
    assert os.listdir(tmp_path) == []


def test_segments_are_listed_by_name_and_temporaries_are_not_segments(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_segment(tmp_path, name, watch(7, "heat+1995", 0))
    (tmp_path / ".c.parquet.tmp").write_bytes(b"half")
    (tmp_path / ".d.parquet").write_bytes(b"hidden")
    assert [segment.path.stem for segment in list_segments(tmp_path)] == ["a", "b"]
    assert list_segments(tmp_path / "absent") == []


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign", "version"])
def test_a_damaged_segment_is_named(tmp_path: Path, damage: str) -> None:
    path = write_segment(tmp_path, "one", watch(7, "heat+1995", 0))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "foreign":
        pq.write_table(pq.read_table(path), path)
    else:
        path.write_bytes(path.read_bytes().replace(b'"schema": 1', b'"schema": 2'))
    with pytest.raises(SegmentError, match=r"one\.parquet"):
        list_segments(tmp_path)


def test_the_data_hash_sees_names_and_contents_but_not_temporaries(tmp_path: Path) -> None:
    hashes = [data_hash(tmp_path)]
    path = write_segment(tmp_path, "one", watch(7, "heat+1995", 0))
    hashes.append(data_hash(tmp_path))
    path.rename(tmp_path / "two.parquet")
    hashes.append(data_hash(tmp_path))
    write_segment(tmp_path, "three", watch(7, "heat+1995", 0, 1))
    hashes.append(data_hash(tmp_path))
    assert len(set(hashes)) == 4
    (tmp_path / ".x.parquet.tmp").write_bytes(b"half")
    assert data_hash(tmp_path) == hashes[-1]
