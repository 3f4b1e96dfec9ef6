"""What ingest has closed, brought into the clone."""

import errno
import os
from pathlib import Path

import pytest

from auto_deployment.cycle.link_segments import Intake, take_segments
from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.segments import stage_segment
from auto_deployment.paths import Paths
from tests.support.ingest.home import file_names
from tests.support.ingest.segments import watch, write_segment


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path / "data")
    for name in ("one", "two"):
        write_segment(paths.segments, name, watch(1, f"{name}+2000", 0, 1, 2))
    return paths


def take(paths: Paths) -> Intake:
    return take_segments(paths, clone_of(paths))


def clone_of(paths: Paths) -> Path:
    return paths.root / "clone"


def taken(paths: Paths) -> set[str]:
    return file_names(clone_of(paths) / "data" / "segments")


def test_segments_are_linked_once_and_counted_when_they_are_new(paths: Paths) -> None:
    size = sum(path.stat().st_size for path in paths.segments.iterdir())
    assert take(paths) == Intake(("one", "two"), ("one", "two"), size)
    linked = clone_of(paths) / "data" / "segments" / "one.parquet"
    assert linked.samefile(paths.segments / "one.parquet")
    assert take(paths) == Intake(("one", "two"), (), 0)


def test_what_ingest_is_still_writing_stays_out(paths: Paths) -> None:
    (paths.segments / ".three.parquet.tmp").write_bytes(b"half")
    (paths.segments / ".three.parquet").write_bytes(b"half")
    assert take(paths).segments == ("one", "two")


@pytest.mark.parametrize("where", ["footer", "page", "empty", "unreadable"])
def test_a_damaged_segment_is_named_and_left_out(paths: Paths, where: str) -> None:
    path = paths.segments / "two.parquet"
    content = bytearray(path.read_bytes())
    path.unlink()
    if where == "footer":
        content = content[:-30]
    elif where == "page":
        content[40] ^= 0xFF
    elif where == "empty":
        content.clear()
    path.mkdir() if where == "unreadable" else path.write_bytes(content)
    intake = take(paths)
    assert (intake.segments, list(intake.damaged)) == (("one",), ["two.parquet"])
    assert "two.parquet" in intake.damaged["two.parquet"] or where == "page"
    assert "\n" not in intake.damaged["two.parquet"]
    assert taken(paths) == {"one.parquet"}


def test_a_segment_that_was_joined_into_another_stays_out_also_beside_a_damaged_one(paths: Paths) -> None:
    source = {"kind": "joined", "replaces": ["one"]}
    builder = SegmentBuilder()
    for event in watch(1, "one+2000", 0, 1, 2):
        builder.add(event)
    joined = stage_segment(
        paths.segments, "day-joined-1", builder.record_batches(), lambda: builder.meta(source, (1, 5))
    )
    joined.publish()
    assert take(paths).segments == ("day-joined-1", "two")
    (paths.segments / "zzz.parquet").write_bytes(b"PAR1")
    os.rename(clone_of(paths), paths.root / "before")
    intake = take(paths)
    assert intake.segments == ("day-joined-1", "two")
    assert list(intake.damaged) == ["zzz.parquet"]


def test_on_another_disk_segments_are_copied(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", elsewhere)
    assert take(paths).new == ("one", "two")
    copied = clone_of(paths) / "data" / "segments" / "one.parquet"
    assert copied.read_bytes() == (paths.segments / "one.parquet").read_bytes()
    assert not copied.samefile(paths.segments / "one.parquet")


def test_the_catalogue_is_copied_as_it_changes_in_place(paths: Paths) -> None:
    target = clone_of(paths) / "data" / "catalog"
    take(paths)
    assert file_names(target) == {"empty"}
    paths.catalog.mkdir()
    (paths.catalog / "movies.parquet").write_bytes(b"1")
    take(paths)
    (paths.catalog / "movies.parquet").write_bytes(b"22")
    assert (target / "movies.parquet").read_bytes() == b"1"
    take(paths)
    assert (target / "movies.parquet").read_bytes() == b"22"


def test_no_segment_at_all_is_no_error(tmp_path: Path) -> None:
    assert take(Paths(tmp_path / "data")) == Intake((), (), 0)
