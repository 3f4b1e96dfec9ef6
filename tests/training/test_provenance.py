"""Names of models, code and data."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auto_deployment.paths import Paths
from auto_deployment.training.provenance import (
    Revision,
    code_revision,
    describe_segments,
    frame_hash,
    library_versions,
    model_version,
)
from tests.support.training import movies_frame, write_data


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "code.py").write_text("one\n", "utf-8")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "one"],
    ):
        subprocess.run(["git", "-C", folder, *words], check=True)
    return folder


def test_a_checkout_is_called_by_its_commit(checkout: Path) -> None:
    found = code_revision(root=checkout)
    assert len(found.name) == 40
    assert found.is_dirty is False


def test_a_changed_file_makes_the_code_dirty_and_a_new_one_does_not(checkout: Path) -> None:
    (checkout / "new.txt").write_text("data\n", "utf-8")
    assert code_revision(root=checkout).is_dirty is False
    (checkout / "code.py").write_text("two\n", "utf-8")
    assert code_revision(root=checkout).is_dirty is True


def test_outside_of_a_checkout_the_revision_is_unknown(tmp_path: Path) -> None:
    assert code_revision(root=tmp_path) == Revision("unknown", None)


def test_a_folder_inside_of_another_repository_does_not_borrow_its_name(checkout: Path) -> None:
    (checkout / "inner").mkdir()
    assert code_revision(root=checkout / "inner") == Revision("unknown", None)


def test_the_environment_names_the_code_where_there_is_no_git(tmp_path: Path) -> None:
    assert code_revision("v1.2.3", tmp_path) == Revision("v1.2.3", None)


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
