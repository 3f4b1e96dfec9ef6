"""`kill -9` at every step of `forget`: each time more of it is done, and at the end all of it."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from auto_deployment.paths import FeedbackLayout, Paths
from tests.people.conftest import ANN, quarantine, watched_minutes
from tests.support.find_user import files_with
from tests.support.project import PROJECT

KILL = """
import os, signal, sys
from pathlib import Path
from auto_deployment.cli import main
from auto_deployment.dataset.reading import read_ratings

def forget_until(moment):
    left = [moment]
    def pass_by():
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def wrapped(real):
        def act(*words, **named):
            pass_by()
            result = real(*words, **named)
            pass_by()
            return result
        return act
    os.replace, Path.unlink = wrapped(os.replace), wrapped(Path.unlink)
    os._exit(main(["forget", sys.argv[1]]))

def say(status):
    print("kill", status, *sorted(read_ratings(Path(sys.argv[2])).frame["user_id"]), flush=True)
    os._exit(0)

def end_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

for moment in range(1, 60):  # each in a process of its own, which has the imports from here
    status = end_of(os.fork() or forget_until(moment))
    end_of(os.fork() or say(status))
    if status == 0:
        break
"""


def test_whoever_is_killed_in_any_step_leaves_it_undone_or_to_be_gone_on_with(full: Path) -> None:
    """Kill before and after each file appears or goes, then ask again: each time more of it is done."""
    changes = {"DATA_DIR": str(full), "PARAMS_FILE": str(PROJECT / "params.yaml"), "LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-c", KILL, str(ANN), str(Paths(full).segments)],
        env=os.environ | changes | {"PYTHONPATH": str(PROJECT)},
        cwd=full.parent,
        capture_output=True,
        text=True,
    )
    said = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("kill ")]
    assert [status for status, *_ in said] == ["-9"] * (len(said) - 1) + ["0"], done.stderr
    assert len(said) > 5
    users = [list(map(int, counted)) for _, *counted in said]
    first = users.index([2, 3])
    assert users == [[2, 3, ANN]] * first + [[2, 3]] * (len(said) - first)
    assert len(files_with(full, ANN)) == 1
    assert quarantine(full).count(b"2026-01-01T12:00,2,GET /x") == 1
    for name in ("edge", "impressions", "outcomes"):
        files = FeedbackLayout(Paths(full).feedback).table(name).glob("*.parquet")
        assert [user for path in files for user in pq.read_table(path)["user_id"].to_pylist()] == [2]
    assert watched_minutes(full) == 1
