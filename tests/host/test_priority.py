"""What can wait does: commands, their children, and sessions of processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auto_deployment.host.priority import BACKGROUND, BATCH, SERVING, weigh_session
from auto_deployment.publish.commands import Commands
from tests.support.project import PROJECT
from tests.support.waiting import eventually

AUTOGROUP = Path("/proc/self/autogroup")
needs_sessions = pytest.mark.skipif(
    not AUTOGROUP.exists() or not weigh_session(os.getpid(), 0), reason="this kernel weighs no sessions"
)
SAYS = "import os; print(os.nice(0), open('/proc/self/autogroup').read() if {autogroup} else '')"


@contextmanager
def running(words: list[str]) -> Iterator[int]:
    """Run a program in a session of its own, and let it wait for who reads what it writes."""
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout
            process.stdout.read(1)
            yield process.pid
        finally:
            process.kill()


def session_niceness(pid: int) -> int:
    return int(Path(f"/proc/{pid}/autogroup").read_text("ascii").split()[-1])


def test_a_command_that_can_wait_does() -> None:
    with running([sys.executable, "-m", "auto_deployment", "simulate", "--days", "30", "--out", "-"]) as pid:
        assert os.getpriority(os.PRIO_PROCESS, pid) == BATCH
        if AUTOGROUP.exists():
            assert session_niceness(pid) == BATCH


def test_the_programs_of_a_cycle_wait_as_the_cycle_does(tmp_path: Path) -> None:
    script = f"""
import os, sys
from pathlib import Path
from auto_deployment.host.priority import lower
from auto_deployment.publish.commands import Commands
lower({BATCH})
says = {SAYS.format(autogroup=AUTOGROUP.exists())!r}
print(Commands(Path(), {{}}).run([sys.executable, "-c", "import time; time.sleep(0.3); " + says]))
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    niceness, *session = ran.stdout.split()
    assert int(niceness) == BATCH
    assert session[-1:] in ([], [str(BATCH)])


def test_a_program_of_who_does_not_wait_does_not_either(tmp_path: Path) -> None:
    said = Commands(tmp_path, {}).run([sys.executable, "-c", "import os; print(os.nice(0))"])
    assert int(said) == os.nice(0)


@needs_sessions
def test_a_session_waits_and_gets_its_turn_again() -> None:
    with running([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"]) as pid:
        assert weigh_session(pid, BACKGROUND)
        assert session_niceness(pid) == BACKGROUND
        assert weigh_session(pid, SERVING)
        assert session_niceness(pid) == SERVING


def test_who_has_ended_is_not_weighed() -> None:
    with subprocess.Popen(["true"], start_new_session=True) as process:
        process.wait()
        eventually(lambda: not Path(f"/proc/{process.pid}").exists())
        assert not weigh_session(process.pid, BATCH)
