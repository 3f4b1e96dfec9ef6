"""Backup of one project, restore as another: the same answers, and ingest goes on where it was."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import get
from tests.support.project import PROJECT
from tests.support.systems.stack import TestStack, running_stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

USERS = range(1, 41)


def run(script: str, stack: TestStack, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a script for a stack, as a person would with these variables set."""
    environ = {
        **os.environ,
        **stack.stack.environ,
        "COMPOSE_PROJECT_NAME": stack.stack.name,
        "COMPOSE_FILE": os.pathsep.join(map(str, stack.stack.files)),
        "COMPOSE_ENV_FILES": os.devnull,
    }
    command = [str(PROJECT / "scripts" / script), *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def answers(stack: TestStack) -> list[tuple[bytes, str]]:
    replies = [get(stack.port, f"/recommend/{user}") for user in USERS]
    return [(reply.body, reply.headers["x-release"]) for reply in replies]


@pytest.fixture(scope="module")
def backup(stack: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup") / "one"
    done = run("backup.sh", stack, str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def restored(backup: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    with running_stack(tmp_path_factory.mktemp("restored"), up=False) as other:
        done = run("restore.sh", other, str(backup))
        assert done.returncode == 0, done.stderr
        yield other


def test_what_was_held_still_runs_on(stack: TestStack, backup: Path) -> None:
    assert (backup / "images.tar.gz").stat().st_size > 1_000_000
    for service in ("kafka", "ingest", "prometheus"):
        stack.stack.wait_until_well(service)


def test_the_restored_project_gives_the_same_answers(stack: TestStack, restored: TestStack) -> None:
    assert answers(restored) == answers(stack)


def test_it_holds_the_same_data_and_reads_on(stack: TestStack, restored: TestStack) -> None:
    listing = ("sh", "-c", "cd /data && find . -name '*.parquet' | sort | xargs -r sha256sum")
    before, after = (one.inside("ingest", *listing).splitlines() for one in (stack, restored))
    assert set(after) <= set(before) or set(before) <= set(after)
    if before:
        found = eventually(lambda: re.search(r"Reading movielog from \{0: (\d+)\}", restored.log("ingest")))
        assert int(found[1]) > 0


def test_a_project_that_has_data_is_not_written_over(stack: TestStack, backup: Path) -> None:
    done = run("restore.sh", stack, str(backup))
    assert done.returncode == 1
    assert f"Project {stack.stack.name} has containers or data already" in done.stderr


def test_a_damaged_backup_is_refused(stack: TestStack, backup: Path, tmp_path: Path) -> None:
    for file in backup.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "edge.tar.gz").unlink()
    (tmp_path / "edge.tar.gz").write_bytes(b"")
    done = run("restore.sh", stack, str(tmp_path))
    assert done.returncode == 1
    assert "is damaged" in done.stderr
