"""Child processes: stopped gracefully, ended for sure, and never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auto_deployment.host.locks import BusyError, only_run
from auto_deployment.host.processes import end_leftovers, identity, remember
from auto_deployment.local.processes import Child, ProcessError, Program
from tests.support.project import PROJECT
from tests.support.waiting import eventually

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


def shell(tmp_path: Path, script: str) -> Child:
    return Child(Program("shell", ["sh", "-c", script], tmp_path / "log", {"PATH": os.defpath}))


def has_said(child: Child, words: str) -> bool:
    return words in child.program.log.read_text("utf-8")


def lives(pid: int) -> bool:
    return identity(pid) is not None


def test_an_ended_program_has_its_status_and_its_last_words(tmp_path: Path) -> None:
    child = shell(tmp_path, "echo one; echo two >&2; echo; exit 3")
    assert child.wait(10)
    assert child.exit_status() == 3
    assert child.last_words() == "two"


@pytest.mark.parametrize("missing", ["program", "folder", "log"])
def test_what_cannot_be_started_is_named_with_the_reason(tmp_path: Path, missing: str) -> None:
    program = Program(
        "canary",
        ["no-such-program" if missing == "program" else "true"],
        tmp_path / ("away/log" if missing == "log" else "log"),
        {"PATH": os.defpath},
        tmp_path / ("away" if missing == "folder" else "."),
    )
    with pytest.raises(ProcessError, match=r"canary cannot be started: .*No such file"):
        Child(program)


def test_asked_to_stop_it_ends_by_the_graceful_signal(tmp_path: Path) -> None:
    child = shell(tmp_path, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    eventually(lambda: has_said(child, "ready"))
    child.ask_to_stop()
    assert child.wait(10)
    assert child.exit_status() == 7


def test_a_program_that_a_signal_has_stopped_hears_of_the_end(tmp_path: Path) -> None:
    child = shell(tmp_path, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    eventually(lambda: has_said(child, "ready"))
    os.killpg(child.pid, signal.SIGSTOP)
    child.ask_to_stop()
    assert child.wait(10)
    assert child.exit_status() == 7


def test_kill_ends_what_ignores_every_request(tmp_path: Path) -> None:
    child = shell(tmp_path, STUBBORN)
    eventually(lambda: has_said(child, "ready"))
    child.ask_to_stop()
    assert not child.wait(0.3)
    child.kill()
    assert child.exit_status() == -9


def test_when_the_main_process_dies_its_workers_go_too(tmp_path: Path) -> None:
    child = shell(tmp_path, "sleep 1000 & echo worker $!; wait")
    eventually(lambda: has_said(child, "worker"))
    worker = int(child.program.log.read_text("utf-8").split()[1])
    child.send(signal.SIGKILL)
    assert child.wait(10)
    eventually(lambda: not lives(worker))


def test_a_child_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from auto_deployment.local.processes import Child, Program\n"
        "child = Child(Program('sleep', ['/bin/sleep', '1000'], pathlib.Path(sys.argv[1])))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert lives(pid)
        parent.kill()
    eventually(lambda: not lives(pid))


def test_leftovers_are_ended_even_if_they_hang_and_only_they(tmp_path: Path) -> None:
    hung, stubborn, other = (shell(tmp_path, STUBBORN) for _ in range(3))
    eventually(lambda: (tmp_path / "log").read_text("utf-8").count("ready") == 3)
    os.killpg(hung.pid, signal.SIGSTOP)
    remember(tmp_path / "processes", [hung.pid, stubborn.pid])
    assert end_leftovers(tmp_path / "processes", grace_s=0.2) == 2
    assert hung.wait(10)
    assert stubborn.wait(10)
    assert other.exit_status() is None
    other.kill()


def test_a_process_that_only_has_the_number_of_a_leftover_is_spared(tmp_path: Path) -> None:
    child = shell(tmp_path, STUBBORN)
    name = identity(child.pid)
    assert name is not None
    earlier = " ".join([*name.split()[:2], "1"])
    (tmp_path / "processes").write_text(f"{earlier}\n", "utf-8")
    assert end_leftovers(tmp_path / "processes") == 0
    assert child.exit_status() is None
    child.kill()


@pytest.mark.parametrize("content", [None, "", "\n", "x", "boot -1 5", "boot one 5", "a b c d", "\x00"])
def test_a_missing_or_damaged_list_of_leftovers_ends_nothing(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "processes"
    if content is not None:
        file.write_text(content, "utf-8")
    assert end_leftovers(file) == 0


def test_a_second_holder_of_the_lock_is_told_who_the_first_is(tmp_path: Path) -> None:
    lock = tmp_path / "data" / "run" / "lock"
    with only_run(lock):
        assert lock.read_text("utf-8") == f"{os.getpid()}\n"
        with pytest.raises(BusyError, match=rf"data \(process {os.getpid()}\)"), only_run(lock):
            pass
    with only_run(lock):
        pass
