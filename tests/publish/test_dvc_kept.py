"""A DVC that stays: what a command says, how it ends, and that nothing outlives whoever asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.publish.commands import Commands
from auto_deployment.publish.errors import CommandError
from tests.support.cycle.home import running_below
from tests.support.project import PROJECT
from tests.support.waiting import eventually

DVC = """
import os, subprocess, sys


def main(words):
    print(os.getpid(), os.getcwd(), *words, flush=True)
    print("complaint", words[0], file=sys.stderr)
    if "stage" in words:
        subprocess.run(["sh", "-c", "cat; echo said by the stage"], check=True)
    if "fail" in words:
        sys.exit("no room")
    if "status" in words:
        sys.exit(7)
    if "die" in words:
        os.kill(os.getpid(), 9)
    if "hang" in words:
        open("here", "w").close()
        subprocess.run(["sleep", "600"])


if __name__ == "__main__":
    main(sys.argv[1:])
"""

WAITS = """
import signal, sys, time
from pathlib import Path
from auto_deployment.publish.commands import Commands
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
commands = Commands(Path(sys.argv[1]), {"PYTHONPATH": sys.argv[2]})
with commands.with_dvc_loaded():
    commands.dvc("repro", *sys.argv[3:])
    Path(sys.argv[1], "here").touch()
    time.sleep(600)
"""


@pytest.fixture
def told() -> list[list[int]]:
    return []


@pytest.fixture
def commands(tmp_path: Path, told: list[list[int]]) -> Iterator[Commands]:
    """Give a DVC that repeats what it was told, loaded."""
    (tmp_path / "dvc.py").write_text(DVC, "utf-8")
    folder = tmp_path / "clone"
    folder.mkdir()
    environ = {"PYTHONPATH": str(tmp_path), "TOKEN": "s3cr3t"}
    commands = Commands(folder, environ, lambda pids: told.append(list(pids)), ["s3cr3t"])
    with commands.with_dvc_loaded():
        yield commands
    eventually(lambda: running_below(tmp_path) == [])


def test_one_process_runs_all_commands_each_in_its_folder(commands: Commands, tmp_path: Path) -> None:
    first, where, *said = commands.dvc("add", "a b", "s3cr3t").split()
    assert (where, said) == (str(tmp_path / "clone"), ["add", "a", "b", "***"])
    second, where, *said = commands.at(tmp_path).dvc("push").split()
    assert (second, where, said) == (first, str(tmp_path), ["push"])


def test_what_a_stage_says_is_between_and_it_reads_nothing(commands: Commands) -> None:
    assert commands.dvc("repro", "stage").splitlines()[1:] == ["said by the stage"]


def test_a_command_that_fails_is_named_with_its_last_words_and_the_next_one_runs(commands: Commands) -> None:
    with pytest.raises(CommandError) as failed:
        commands.dvc("checkout", "fail")
    assert str(failed.value) == "dvc checkout failed (status 1): complaint checkout no room"
    with pytest.raises(CommandError, match=r"dvc status failed \(status 7\): complaint status"):
        commands.dvc("status")
    assert commands.dvc("add").split()[2:] == ["add"]


def test_where_it_is_killed_the_command_fails_and_the_next_has_a_process_of_its_own(
    commands: Commands,
) -> None:
    with pytest.raises(CommandError, match=r"dvc repro failed \(status -9\)"):
        commands.dvc("repro", "die")
    assert commands.dvc("add").split()[2:] == ["add"]


def test_one_that_hangs_is_ended_with_what_it_started(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.publish.commands.LONGEST_S", 0.5)
    with pytest.raises(CommandError, match="dvc repro did not end within 0 s and was stopped"):
        commands.dvc("repro", "hang")
    eventually(lambda: running_below(tmp_path) == [])


def test_it_is_remembered_until_it_ends_also_while_others_run(
    tmp_path: Path, commands: Commands, told: list[list[int]]
) -> None:
    (kept,) = told[-1]
    commands.at(tmp_path).run(["true"])
    assert (told[-2][0], told[-1]) == (kept, [kept])
    os.kill(kept, signal.SIGKILL)
    with pytest.raises(CommandError):
        commands.dvc("add")
    assert told[-1] == []


@pytest.mark.parametrize(
    ("words", "number", "status"),
    [(["hang"], signal.SIGTERM, 143), ([], signal.SIGTERM, 143), ([], signal.SIGKILL, -9)],
    ids=["told to end within a command", "told to end between two", "killed between two"],
)
def test_it_does_not_outlive_whoever_asked(
    words: list[str], number: signal.Signals, status: int, tmp_path: Path
) -> None:
    (tmp_path / "dvc.py").write_text(DVC, "utf-8")
    folder = tmp_path / "clone"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", WAITS, str(folder), str(tmp_path), *words],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    eventually((folder / "here").exists)
    assert running_below(tmp_path)
    process.send_signal(number)
    assert process.wait(60) == status
    eventually(lambda: running_below(tmp_path) == [])
