"""Who tidies up takes what the dead left, and nothing from the living."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auto_deployment.host.files import StagedFile, making, remove_leftovers
from tests.support.ingest.paused_writer import KINDS
from tests.support.project import PROJECT


@contextmanager
def writer(kind: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that makes it and stands just before its rename."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.ingest.paused_writer", kind, str(path)],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def shown(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


@pytest.mark.parametrize("kind", KINDS)
def test_a_living_writer_of_another_process_keeps_what_it_makes(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    with writer(kind, folder / "a") as process:
        assert shown(folder) == []
        assert remove_leftovers(folder) == 0
        process.communicate("x" * 9, timeout=60)
        assert process.returncode == 0
    (name,) = shown(folder)
    assert name.startswith("a")
    assert os.listdir(folder) == [name]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_writer_left_is_removed_whole(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    with writer(kind, folder / "a") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert os.listdir(folder) != []
    assert remove_leftovers(folder) == 1
    assert os.listdir(folder) == []


def test_what_is_made_for_a_link_or_a_folder_begins_free_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / ".a.new").mkdir()
    (tmp_path / ".a.new" / "half").touch()
    with making(tmp_path / "a") as made:
        assert (made.parent, made.exists()) == (tmp_path, False)
        made.mkdir()
    assert os.listdir(tmp_path) == []


def test_only_what_follows_the_convention_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".folder.tmp").mkdir()
    (tmp_path / ".link.tmp").symlink_to(tmp_path)
    (tmp_path / ".a.new").touch()
    with StagedFile(tmp_path / "b"):
        before = sorted(os.listdir(tmp_path))
        assert remove_leftovers(tmp_path) == 0
        assert sorted(os.listdir(tmp_path)) == before
