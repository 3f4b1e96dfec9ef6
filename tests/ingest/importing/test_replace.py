"""The way back from an import: what is stored is listed, and files take the place of an earlier import."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from auto_deployment.cli import main
from auto_deployment.cycle.link_segments import take_segments
from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.locks import reading
from auto_deployment.dataset.reading import read_ratings
from auto_deployment.dataset.segments import list_segments, segment_paths, stage_segment
from auto_deployment.host.locks import only_one
from auto_deployment.ingest.importing import lines, parts
from auto_deployment.ingest.importing.tables import records
from auto_deployment.paths import Paths
from tests.support.ingest import rating_files
from tests.support.ingest.catalog import movies_frame
from tests.support.ingest.home import rating_lines
from tests.support.ingest.killed import KILLED

HALF_STARS, ONE_TO_TEN = ["1", "3", "5", "x"], ["2", "6", "10"]
ANY = ("--allow-rejected", "1")
SMALL_PARTS = """
from auto_deployment.ingest.importing import lines, parts
from auto_deployment.ingest.importing.tables import records
records.BLOCK_BYTES, lines._CHUNK_LINES, parts.PART_LINES = 38, 1, 2
"""


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return Paths(tmp_path / "data")


@pytest.fixture
def old(tmp_path: Path, paths: Paths) -> str:
    """Import ratings, one of them damaged, and return the name that they are stored under."""
    file = rating_files.clean_ratings(tmp_path / "wrong.csv", HALF_STARS)
    assert main(["import", *ANY, str(file)]) == 0
    return names(paths)[0]


@pytest.fixture
def new(tmp_path: Path) -> str:
    return str(rating_files.clean_ratings(tmp_path / "right.csv", ONE_TO_TEN))


def names(paths: Paths) -> list[str]:
    """Return the sources that count."""
    return sorted({path.stem.rpartition("-")[0] for path in segment_paths(paths.segments)})


def users(paths: Paths) -> list[int]:
    return sorted(read_ratings(paths.segments).frame["user_id"].tolist())


def ratings(paths: Paths) -> list[float]:
    return [round(value, 2) for value in read_ratings(paths.segments).frame["rating"].tolist()]


def files(folder: Path) -> set[str]:
    return {path.stem.rpartition("-")[0] for path in folder.glob("*.parquet")}


def test_a_file_takes_the_place_of_an_import_with_its_rejected_rows(paths: Paths, old: str, new: str) -> None:
    assert files(paths.quarantine) == {old}
    assert main(["import", *ANY, "--replace", old, new]) == 0
    (name,) = names(paths)
    assert name.endswith("r1")
    assert name != old
    assert ratings(paths) == [1.44, 3.22, 5.0]
    assert files(paths.segments) == {name}
    assert files(paths.quarantine) == set()


def test_the_same_file_on_another_scale_takes_its_own_place(
    paths: Paths, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *ANY, "--scale", "0-10", new]) == 0
    (old,) = names(paths)
    assert main(["import", *ANY, "--scale", "1-10", new]) == 2
    assert f"`import --replace {old} --scale 1-10 {new}` stores it anew" in capsys.readouterr().err
    assert main(["import", *ANY, "--replace", old, "--scale", "1-10", new]) == 0
    assert names(paths) == [f"{old}r1"]
    assert [one.meta.rating_scale for one in list_segments(paths.segments)] == [(1, 10)]
    assert main(["import", *ANY, "--replace", old, "--scale", "2-10", new]) == 0
    assert [one.meta.rating_scale for one in list_segments(paths.segments)] == [(2, 10)]
    assert main(["import", *ANY, "--scale", "2-10", new]) == 0
    assert "already imported" in capsys.readouterr().out


def test_what_was_replaced_may_come_back(paths: Paths, old: str, new: str, tmp_path: Path) -> None:
    assert main(["import", *ANY, "--replace", old, new]) == 0
    assert main(["import", *ANY, "--replace", names(paths)[0], str(tmp_path / "wrong.csv")]) == 0
    assert names(paths) == [f"{old}r1"]
    assert ratings(paths) == [1.0, 3.0, 5.0]
    assert main(["import", *ANY, "--replace", f"{old}r1", new]) == 0
    assert ratings(paths) == [1.44, 3.22, 5.0]


def test_the_same_command_again_changes_nothing(
    paths: Paths, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *ANY, "--replace", old, new]) == 0
    before = {path: path.stat().st_ino for path in paths.segments.iterdir()}
    assert main(["import", *ANY, "--replace", old, new]) == 0
    assert "already imported" in capsys.readouterr().out
    assert {path: path.stat().st_ino for path in paths.segments.iterdir()} == before


def test_a_source_that_there_is_not_lists_those_there_are(
    paths: Paths, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *ANY, "--replace", "import-0000", new]) == 2
    said = capsys.readouterr().err
    assert said == f"import-0000 is not one imported source: there are {old} (wrong.csv).\n"
    assert names(paths) == [old]


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--replace", "import-0000"]])
def test_what_is_missing_on_the_command_line_is_said(
    paths: Paths, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *ANY, *words]) == 2
    assert capsys.readouterr().err.startswith("`import` takes one PATH")


def test_logs_take_the_place_of_a_log(paths: Paths, tmp_path: Path) -> None:
    logs = [
        str(rating_files.event_lines(tmp_path / f"{first}.log", rating_lines(first, first + 3)))
        for first in (0, 10, 20)
    ]
    assert main(["ingest", "--once", "--from-file", logs[0]]) == 0
    (old,) = {path.stem[: len("file-") + 16] for path in segment_paths(paths.segments)}
    assert main(["import", *ANY, "--replace", old, *logs[1:]]) == 0
    assert users(paths) == [11, 12, 13, 21, 22, 23]
    assert old not in names(paths)
    assert main(["import", *ANY, "--replace", names(paths)[0], logs[0], logs[0]]) == 2
    assert main(["ingest", "--once", "--from-file", logs[1]]) == 0  # its lines are there
    assert len(users(paths)) == 6


def test_several_tables_take_no_place_together(paths: Paths, old: str, new: str, tmp_path: Path) -> None:
    other = rating_files.clean_ratings(tmp_path / "other.csv", ["4"])
    assert main(["import", *ANY, "--replace", old, new, str(other)]) == 2
    assert names(paths) == [old]


def test_lines_taken_again_from_the_quarantine_go_with_their_log(paths: Paths, tmp_path: Path) -> None:
    rated = [line.rpartition(b"/")[2].partition(b"=")[0].decode() for line in rating_lines(0, 2)]
    MOVIES.write(paths.catalog, movies_frame(*rated))
    log = rating_files.event_lines(
        tmp_path / "a.log", [*rating_lines(0, 2), b"2026-08-27T10:00,7,GET /rate/new+2026=3"]
    )
    assert main(["import", *ANY, str(log)]) == 0
    (old,) = names(paths)
    MOVIES.write(paths.catalog, movies_frame("new+2026"))
    assert main(["ingest", "replay-quarantine"]) == 0
    assert users(paths) == [1, 2, 7]
    good = rating_files.event_lines(tmp_path / "b.log", rating_lines(0, 2))
    assert main(["import", *ANY, "--replace", old, str(good)]) == 0
    assert users(paths) == [1, 2]


def test_nothing_is_replaced_while_somebody_reads_or_writes(
    paths: Paths, old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with reading(paths.segments):
        assert main(["import", *ANY, "--replace", old, new]) == 1
    assert "being read" in capsys.readouterr().err
    with only_one(paths.ingest_lock, "Ingest"):
        assert main(["import", *ANY, "--replace", old, new]) == 1
    assert names(paths) == [old]
    assert main(["import", *ANY, "--replace", old, new]) == 0


def test_published_segments_stay_where_they_are_and_count_no_longer(
    paths: Paths, old: str, new: str, tmp_path: Path
) -> None:
    take_segments(paths, tmp_path / "clone")
    assert main(["import", *ANY, "--replace", old, new]) == 0
    take_segments(paths, tmp_path / "clone")
    published = Paths(tmp_path / "clone" / "data")
    assert files(published.segments) == {old, *names(paths)}
    assert ratings(published) == ratings(paths) == [1.44, 3.22, 5.0]


@pytest.mark.parametrize(
    ("call", "left", "counts"),
    [("replace", 0, "old"), ("replace", 1, "both"), ("unlink", 0, "new"), ("unlink", 1, "new")],
)
def test_whoever_is_killed_leaves_what_the_same_command_finishes(
    paths: Paths, old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, left: int, counts: str
) -> None:
    new = rating_files.clean_ratings(tmp_path / "right.csv", ["2", "6", "10", "4"])
    command = ["import", "--replace", old, str(new)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED.format(call=call, left=left, first=SMALL_PARTS), *command],
        env={**os.environ, "DATA_DIR": str(paths.root)},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (old in names(paths), len(names(paths)) > 1) == {
        "old": (True, False),
        "both": (True, True),
        "new": (False, False),
    }[counts]
    monkeypatch.setattr(records, "BLOCK_BYTES", 38)
    monkeypatch.setattr(lines, "_CHUNK_LINES", 1)
    monkeypatch.setattr(parts, "PART_LINES", 2)
    assert main(command) == 0
    assert ratings(paths) == [1.44, 3.22, 5.0, 2.33]
    assert files(paths.segments) == set(names(paths))
    assert len(names(paths)) == 1
    assert files(paths.quarantine) == set()


def test_the_list_says_what_is_stored(paths: Paths, old: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["import", "--list"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["SOURCE", "KIND", "FILE"]
    assert line.split()[:3] == [old, "import", "wrong.csv"]
    assert line.split()[5:8] == ["3", "1-5", "1"]


def test_the_list_says_what_did_not_end(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 38)
    monkeypatch.setattr(lines, "_CHUNK_LINES", 1)
    monkeypatch.setattr(parts, "PART_LINES", 2)
    file = rating_files.clean_ratings(tmp_path / "all.csv", ["1"] * 5)
    assert main(["import", *ANY, str(file)]) == 0
    segment_paths(paths.segments)[-1].unlink()
    assert main(["import", "--list"]) == 0
    assert "unfinished: import it again" in capsys.readouterr().out
    assert main(["import", *ANY, str(file)]) == 0
    assert users(paths) == [1, 2, 3, 4, 5]


def test_an_import_of_the_version_before_is_known_listed_and_replaced(
    paths: Paths, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = SegmentBuilder()
    one = np.ones(1, np.int32)
    builder.add_ratings(
        one, one - 1, ["movie+1+1990"], 2 * one.astype(np.float32), np.array([1_709_640_007_000_000])
    )
    sha256 = hashlib.sha256(Path(new).read_bytes()).hexdigest()
    source = {"kind": "import", "sha256": sha256, "part": 0, "last": True, "offsets": {"0": [1, 2]}}
    name = f"import-{sha256[:16]}"
    rows = builder.record_batches()
    stage_segment(paths.segments, f"{name}-00000", rows, lambda: builder.meta(source, (1, 5))).publish()
    assert main(["import", *ANY, new]) == 0
    assert "already imported" in capsys.readouterr().out
    assert main(["import", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == [name, "import", "-"]
    assert main(["import", *ANY, "--replace", name, new]) == 0
    assert ratings(paths) == [1.44, 3.22, 5.0]
