"""Programs that a cycle waits for: what is said of them, and that none outlives it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from auto_deployment.publish.commands import Commands, last_words
from auto_deployment.publish.errors import CommandError
from tests.support.cycle.home import running_below
from tests.support.project import PROJECT
from tests.support.waiting import eventually

ENDS_WELL = """
import signal, sys
from pathlib import Path
from auto_deployment.publish.commands import Commands
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
Commands(Path(sys.argv[1]), {}).run(["sh", "-c", "touch here; sleep 600 & sleep 600"])
"""


def test_a_failure_is_one_sentence_without_secrets(tmp_path: Path) -> None:
    commands = Commands(tmp_path, {"TOKEN": "s3cr3t"}, secrets=["s3cr3t", ""])
    with pytest.raises(CommandError) as failed:
        commands.run(["sh", "-c", 'echo out; printf "I know\n$TOKEN\n" >&2; exit 3'])
    assert str(failed.value) == "sh -c failed (status 3): I know ***"
    assert failed.value.output == "out\n\nI know\n***\n"
    assert commands.run(["sh", "-c", "echo $TOKEN"]) == "***\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("ERROR: no room\n\nHaving any troubles? Hit us up at https://dvc.org/support!\n", "ERROR: no room"),
        ("fatal: no\nhint: try\n", "fatal: no"),
        ("x" * 700, "x" * 600),
    ],
)
def test_the_end_of_what_was_said_is_kept_in_one_line(text: str, said: str) -> None:
    assert last_words(text) == said


def test_a_program_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auto_deployment.publish.commands.LONGEST_S", 0.5)
    with pytest.raises(CommandError, match="sh -c did not end within 0 s and was stopped: see whether"):
        Commands(tmp_path, {}).run(["sh", "-c", "sleep 600 & sleep 600"])
    eventually(lambda: running_below(tmp_path) == [])


def test_no_question_is_asked(tmp_path: Path) -> None:
    assert Commands(tmp_path, {}).outcome(["cat"]) == (0, "", "")


def test_what_runs_is_remembered_for_as_long_as_it_runs(tmp_path: Path) -> None:
    told: list[int] = []
    Commands(tmp_path, {}, lambda pids: told.append(len(list(pids)))).run(["true"])
    assert told == [1, 0]


def test_whoever_is_told_to_end_ends_its_programs_first(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDS_WELL, str(tmp_path)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    eventually((tmp_path / "here").exists)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    eventually(lambda: not running_below(tmp_path))


def test_told_to_end_between_start_and_note_it_still_ends_its_program(tmp_path: Path) -> None:
    def told(pids: Iterable[int]) -> None:
        if list(pids):
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    try:
        with pytest.raises(SystemExit):
            Commands(tmp_path, {}, told).run(["sh", "-c", "sleep 3; touch late"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_while_a_program_starts_it_still_ends_it(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another thread (NumPy's, say) could take the signal: no mask of ours holds it back there."""

    class Told(subprocess.Popen[str]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            os.kill(os.getpid(), number)
            time.sleep(0.1)  # somebody has taken it; a handler that raised would do so here

    monkeypatch.setattr(subprocess, "Popen", Told)
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    before = signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        with pytest.raises(SystemExit):
            Commands(tmp_path, {}).run(["sh", "-c", "sleep 60; touch late"])
    finally:
        signal.signal(number, before)
        done.set()
        other.join()
    eventually(lambda: running_below(tmp_path) == [], 30)  # a kill is not over when it is sent
    assert not (tmp_path / "late").exists()


def test_in_another_thread_programs_run_too(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(Commands(tmp_path, {}).run, ["echo", "here"]).result() == "here\n"


def test_a_program_hears_sigterm(tmp_path: Path) -> None:
    assert Commands(tmp_path, {}).outcome(["sh", "-c", "kill -TERM $$; echo deaf"]) == (-15, "", "")
