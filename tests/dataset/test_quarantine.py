import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from auto_deployment.dataset import quarantine
from auto_deployment.dataset.quarantine import LinePosition, QuarantineWriter
from auto_deployment.dataset.quarantine_limit import Dropped, dropped, enforce_limit, quarantine_paths


def fill(directory: Path, name: str, lines: int, age_s: int = 0) -> Path:
    with QuarantineWriter(directory, name, "stream", 1) as writer:
        for number in range(lines):
            writer.add(b"line %d" % number, "time", LinePosition(file="log", line=number + 1))
        writer.seal()
        writer.publish()
    path = directory / f"{name}.parquet"
    os.utime(path, (1_700_000_000 - age_s,) * 2)
    return path


def test_a_line_is_kept_with_its_bytes_reason_position_and_parser_version(tmp_path: Path) -> None:
    with QuarantineWriter(tmp_path, "batch", "stream", 3) as writer:
        writer.add(b"\xff\x00,", "encoding", LinePosition(topic="movielog1", partition=1, offset=2**40))
        writer.add(b"", "empty", LinePosition(file="log.txt", line=7))
        writer.seal()
        writer.publish()
    table = pq.read_table(tmp_path / "batch.parquet")
    fields = {
        "parser_version": 3,
        "topic": None,
        "partition": None,
        "offset": None,
        "file": None,
        "line": None,
    }
    position = {"topic": "movielog1", "partition": 1, "offset": 2**40}
    assert table.to_pylist() == [
        {**fields, "raw": b"\xff\x00,", "reason": "encoding", **position},
        {**fields, "raw": b"", "reason": "empty", "file": "log.txt", "line": 7},
    ]
    assert table.schema.metadata[quarantine.METADATA_KEY] == b'{"schema": 1, "form": "stream"}'


def test_without_rejected_lines_there_is_no_file(tmp_path: Path) -> None:
    with QuarantineWriter(tmp_path, "batch", "stream", 1) as writer:
        writer.seal()
        writer.publish()
    assert os.listdir(tmp_path) == []


def test_what_is_not_published_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with QuarantineWriter(tmp_path, "batch", "stream", 1) as writer:
        writer.add(b"line", "time", LinePosition())
        writer.seal()
        assert list(tmp_path.glob("*.parquet")) == []
    monkeypatch.setattr(quarantine, "_LINES_PER_GROUP", 1)
    with QuarantineWriter(tmp_path, "unsealed", "stream", 1) as writer:
        writer.add(b"line", "time", LinePosition())
        assert os.listdir(tmp_path) == [".unsealed.parquet.tmp"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("limit", ["_LINES_PER_GROUP", "_BYTES_PER_GROUP"])
def test_many_lines_go_to_the_disk_in_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(quarantine, limit, 10)
    path = fill(tmp_path, "batch", 25)
    file = pq.ParquetFile(path)
    assert (file.metadata.num_rows, file.num_row_groups > 1) == (25, True)


def test_the_oldest_files_go_until_the_rest_fits_and_are_counted(tmp_path: Path) -> None:
    sizes = [
        fill(tmp_path, name, 10, age_s).stat().st_size for name, age_s in (("b", 30), ("c", 20), ("a", 10))
    ]
    assert enforce_limit(tmp_path, sum(sizes)) == Dropped()
    assert enforce_limit(tmp_path, sum(sizes) - 1) == Dropped(files=1, lines=10)
    assert [path.stem for path in quarantine_paths(tmp_path)] == ["c", "a"]
    assert enforce_limit(tmp_path, 0) == Dropped(files=3, lines=30)
    assert dropped(tmp_path) == Dropped(files=3, lines=30)
    assert quarantine_paths(tmp_path) == []


def test_a_crash_before_the_removal_is_made_good_without_counting_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a", 10)

    def crash(path: Path, missing_ok: bool = False) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            enforce_limit(tmp_path, 0)
    assert enforce_limit(tmp_path, 1 << 30) == Dropped(files=1, lines=10)
    assert quarantine_paths(tmp_path) == []
