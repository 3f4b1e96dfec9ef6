"""Whatever kills an import, or the disk under it: whole or nothing, and the next run does it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auto_deployment.dataset.reading import read_ratings
from auto_deployment.dataset.segments import data_hash, list_segments
from auto_deployment.ingest.importing import parts
from auto_deployment.ingest.importing.job import Limits, run_import
from auto_deployment.ingest.importing.look import Scales
from auto_deployment.ingest.importing.recognise import recognise
from auto_deployment.ingest.importing.summary import render_summary
from auto_deployment.ingest.importing.tables import records
from auto_deployment.paths import Paths
from tests.support.ingest import rating_files

ROWS = 12
# Runs the import in parts of four rows, after code that makes something fail.
CHILD = """
import os, resource, signal, sys
from auto_deployment import cli
from auto_deployment.ingest.importing import parts
from auto_deployment.ingest.importing.tables import records
records.BLOCK_BYTES, parts.PART_LINES = 38, 4
really_replace = os.replace
{fault}
sys.exit(cli.main(["import", sys.argv[1], "--allow-rejected", "0.1"]))
"""
KILLED_AT_A_RENAME = """
left = [{left}]
def replace(*names):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    really_replace(*names)
os.replace = replace
"""
KILLED_AT_A_SYNC = """
left = [{left}]
really_fsync = os.fsync
def fsync(file):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    really_fsync(file)
os.fsync = fsync
"""
# What a full disk does to a writer, without a disk of our own: no file may grow beyond this.
NO_ROOM = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = "".join(f"{user},10,{user % 5 + 1},{rating_files.TIMES_S[0]}\n" for user in range(1, ROWS))
    damaged = "none,10,5,1\n"
    content = "userId,movieId,rating,timestamp\n" + rows + damaged
    return rating_files.movielens(tmp_path_factory.mktemp("inbox"), ratings=content)


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    data = tmp_path_factory.mktemp("undisturbed")
    assert "written: 3 segments" in run_again(source, data)
    return data_hash(Paths(data).segments)


def run_child(source: Path, data: Path, fault: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD.format(fault=fault), str(source)],
        env={**os.environ, "DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_again(source: Path, data: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK_BYTES", 38)
        patch.setattr(parts, "PART_LINES", 4)
        chosen = recognise(source)
        return render_summary(
            chosen, run_import(chosen, Paths(data), Limits(Scales(None, (1, 5)))), Paths(data)
        )


def temporaries(data: Path) -> list[str]:
    return [path.name for path in data.rglob(".*.tmp")]


def assert_whole(data: Path) -> None:
    paths = Paths(data)
    assert temporaries(data) == []
    assert [segment.meta.source["part"] for segment in list_segments(paths.segments)] == [0, 1, 2]
    assert read_ratings(paths.segments).frame["user_id"].tolist() == list(range(1, ROWS))
    assert len(list(paths.quarantine.glob("*.parquet"))) == 1


@pytest.mark.parametrize(
    "fault",
    [
        KILLED_AT_A_SYNC.format(left=0),  # while the first part is staged
        KILLED_AT_A_SYNC.format(left=2),  # while a later one is
        KILLED_AT_A_RENAME.format(left=0),  # everything staged, nothing shown
        KILLED_AT_A_RENAME.format(left=3),  # the catalogue and a part shown
        KILLED_AT_A_RENAME.format(left=5),  # all but the last part shown
    ],
)
def test_an_import_that_was_killed_is_done_by_the_next_run(
    source: Path, tmp_path: Path, undisturbed: str, fault: str
) -> None:
    assert run_child(source, tmp_path, fault).returncode == -signal.SIGKILL
    assert temporaries(tmp_path) != []
    assert len(list_segments(Paths(tmp_path).segments)) < 3  # what is shown is whole
    assert "written: 3 segments" in run_again(source, tmp_path)
    assert_whole(tmp_path)
    assert data_hash(Paths(tmp_path).segments) == undisturbed
    assert "already imported" in run_again(source, tmp_path)


@pytest.mark.parametrize("room", [0, 1000, 3800])
def test_a_full_disk_leaves_nothing_half_written_and_says_so(
    source: Path, tmp_path: Path, undisturbed: str, room: int
) -> None:
    failed = run_child(source, tmp_path, NO_ROOM.format(room=room))
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"{source} was not imported (")
    assert failed.stderr.count("\n") == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert "written: 3 segments" in run_again(source, tmp_path)
    assert data_hash(Paths(tmp_path).segments) == undisturbed
