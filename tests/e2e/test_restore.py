"""Backup of one project, restore as another: the same answers, data and past, and ingest reads on.

That is a stop and a start as well: all that the second project has is what the first one's volumes held.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.http import get
from tests.support.project import PROJECT
from tests.support.systems.stack import TestStack, running_stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

USERS = range(1, 41)
GENRES = ("Drama", "Comedy")
SCRAPES = 'count_over_time(up{job="prometheus"}[1h])'
PRODUCE = """
import sys
from auto_deployment.config import Settings
from auto_deployment.simulate.kafka_output import open_topic
with open_topic(Settings.from_env().kafka) as send:
    send([b"2026-03-01T12:00:0%d,42,GET /data/m/a+film+2001/%d.mpg" % (n, n) for n in range(1, 6)])
"""


@dataclass(frozen=True, slots=True)
class Backup:
    """A folder, and what the project held when it was made."""

    folder: Path
    answers: list[tuple[bytes, str]]
    segments: set[str]
    requests: set[str]
    scrapes: int


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
    """Return what the model says, whoever asks, and the lists of users."""
    paths = ["/popular?n=100", *(f"/popular?n=20&genre={genre}" for genre in GENRES)]
    paths += [f"/recommend/{user}" for user in USERS]
    replies = [get(stack.port, path) for path in paths]
    assert {reply.status for reply in replies} == {200}
    return [(reply.body, reply.headers["x-release"]) for reply in replies]


def segments(stack: TestStack) -> set[str]:
    """Return the segments by their content."""
    listing = "find /data/segments -name '*.parquet' 2>/dev/null | xargs -r sha256sum"
    return set(stack.inside("ingest", "sh", "-c", listing).splitlines())


def requests(stack: TestStack) -> list[str]:
    """Return which requests the edge log tells of."""
    return [line["request_id"] for line in stack.edge_lines()]


def scrapes(stack: TestStack) -> int:
    """Return how often Prometheus remembers to have looked at itself."""
    (found,) = eventually(lambda: stack.prometheus(SCRAPES))
    return int(found["value"][1])


@pytest.fixture(scope="module")
def backup(stack: TestStack, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    folder = tmp_path_factory.mktemp("backup") / "one"
    before = segments(stack)
    stack.inside("ingest", "python", "-c", PRODUCE)
    held = eventually(lambda: (found := segments(stack)) > before and found)
    given = answers(stack)
    backup = Backup(folder, given, held, set(requests(stack)[-len(USERS) :]), scrapes(stack))
    done = run("backup.sh", stack, str(folder))
    assert done.returncode == 0, done.stderr
    return backup


@pytest.fixture(scope="module")
def restored(backup: Backup, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    with running_stack(tmp_path_factory.mktemp("restored"), up=False) as other:
        done = run("restore.sh", other, str(backup.folder))
        assert done.returncode == 0, done.stderr
        yield other


def test_what_was_held_still_runs_on(stack: TestStack, backup: Backup) -> None:
    assert (backup.folder / "images.tar.gz").stat().st_size > 1_000_000
    for service in ("kafka", "ingest", "prometheus"):
        stack.stack.wait_until_well(service)


def test_the_restored_project_gives_the_same_answers(restored: TestStack, backup: Backup) -> None:
    """But for what users have seen since the training: of that the newest segment alone is told again."""
    before, now = backup.answers, answers(restored)
    assert [release for _, release in now] == [release for _, release in before]
    of_model = len(before) - len(USERS)
    assert now[:of_model] == before[:of_model]
    pairs = zip(before[of_model:], now[of_model:], strict=True)
    both = [len(set(one.split(b",")) & set(other.split(b","))) for (one, _), (other, _) in pairs]
    assert sum(both) > 10 * len(USERS)  # of lists of 20


def test_it_holds_the_same_data_and_reads_on(restored: TestStack, backup: Backup) -> None:
    assert segments(restored) >= backup.segments
    found = eventually(lambda: re.search(r"Reading movielog from \{0: (\d+)\}", restored.log("ingest")))
    assert int(found[1]) > 0


def test_it_remembers_what_was_asked_and_what_was_measured(restored: TestStack, backup: Backup) -> None:
    assert len(backup.requests) == len(USERS)
    assert backup.requests <= set(requests(restored))
    assert scrapes(restored) >= backup.scrapes


def test_a_project_that_has_data_is_not_written_over(stack: TestStack, backup: Backup) -> None:
    done = run("restore.sh", stack, str(backup.folder))
    assert done.returncode == 1
    assert f"Project {stack.stack.name} has containers or data already" in done.stderr


def test_a_damaged_backup_is_refused(stack: TestStack, backup: Backup, tmp_path: Path) -> None:
    for file in backup.folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "edge.tar.gz").unlink()
    (tmp_path / "edge.tar.gz").write_bytes(b"")
    done = run("restore.sh", stack, str(tmp_path))
    assert done.returncode == 1
    assert "is damaged" in done.stderr
