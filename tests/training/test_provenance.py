"""Names of models and data."""

from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.paths import Paths
from auto_deployment.training.libraries import library_versions
from auto_deployment.training.provenance import (
    describe_segments,
    frame_hash,
    model_version,
)
from tests.support.training import movies_frame, write_data


def test_a_version_is_the_minute_and_the_data() -> None:
    assert (
        model_version(datetime(2026, 11, 2, 3, 4, 59, tzinfo=UTC), "abcdef0123") == "20261102T0304-abcdef01"
    )


def test_libraries_are_named_with_their_versions() -> None:
    assert all(version[0].isdigit() for version in library_versions().values())


def test_segments_are_described_by_content(tmp_path: Path) -> None:
    one, two = Paths(tmp_path / "one"), Paths(tmp_path / "two")
    for paths in (one, two):
        write_data(paths, [(1, "a+2000", 4, 5), (2, "a+2000", 3, 9)], [(1, "b+2000", 10, 60)])
    found = describe_segments(one.segments)
    assert found == describe_segments(two.segments)
    assert found["segments"] == ["events.parquet"]
    assert found["rating_scales"] == [(1, 5)]
    assert (found["lines"]["rating"], found["lines"]["watch"]) == (2, 10)
    assert (found["first_time"], found["last_time"]) == (
        "2026-01-01T00:05:00+00:00",
        "2026-01-01T01:00:00+00:00",
    )
    write_data(two, [(3, "a+2000", 4, 5)], name="more")
    assert describe_segments(two.segments)["hash"] != found["hash"]


def test_nothing_is_described_as_nothing(tmp_path: Path) -> None:
    found = describe_segments(tmp_path / "absent")
    assert (found["segments"], found["first_time"], found["rating_scales"]) == ([], None, [])


def test_a_table_has_the_hash_of_its_content() -> None:
    assert frame_hash(movies_frame("ab")) == frame_hash(movies_frame("ab"))
    assert frame_hash(movies_frame("ab")) != frame_hash(movies_frame("ab", runtime_min=90))
