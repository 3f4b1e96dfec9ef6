"""What Docker says when a backup or its restoring fails half-way reaches the person who asked for it."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.project import PROJECT

# Does as it is told but for one command, and has a project of one service that runs.
DOCKER = """#!/bin/sh
case "$*" in
  "compose config") printf 'name: one\\n  MARQUEE_IMAGE: one\\n' ;;
  "compose ps --services --status running") echo kafka ;;
  "{failing}") echo "no room left" >&2; exit 1 ;;
esac
"""


def run(tmp_path: Path, failing: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script on a folder, with a Docker that fails at one command."""
    (tmp_path / "docker").write_text(DOCKER.format(failing=failing), "utf-8")
    (tmp_path / "docker").chmod(0o755)
    command = [str(PROJECT / "scripts" / script), str(tmp_path / "backup")]
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def backup(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    (folder / "images.tar.gz").write_bytes(gzip.compress(b""))
    for name in ("images.txt", "SHA256SUMS"):
        (folder / name).write_text("", "utf-8")
    sums = subprocess.run(["sha256sum", "images.txt"], cwd=folder, capture_output=True, check=True).stdout
    (folder / "SHA256SUMS").write_bytes(sums)


@pytest.mark.usefixtures("backup")
def test_why_a_project_cannot_be_restored_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "compose create", "restore.sh")
    assert (done.returncode, done.stderr) == (1, "no room left\n")


def test_why_a_service_cannot_be_held_still_is_said_and_no_backup_is_left(tmp_path: Path) -> None:
    done = run(tmp_path, "compose pause kafka", "backup.sh")
    assert (done.returncode, done.stderr) == (1, "no room left\n")
    assert not (tmp_path / "backup").exists()
