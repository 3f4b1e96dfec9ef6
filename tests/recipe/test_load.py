"""Load against a server in this process, whose every answer is scripted."""

import csv
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.load.figures import Window, figures
from auto_deployment.recipe.load.run import send
from auto_deployment.recipe.load.sender import Audience
from auto_deployment.recipe.load.shapes import cut, plan
from auto_deployment.recipe.load.target import read_target
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.scripted_server import ScriptedServer, reply, scripted
from tests.support.waiting import eventually


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted(lambda path, number: reply()) as one:
        yield one


def windows_of(
    server: ScriptedServer, level: float, seconds: float, closed: bool, **told: object
) -> list[Window]:
    found: list[Window] = []
    audience = Audience([read_target(server.url)], (1, 9), **told)  # type: ignore[arg-type]
    pieces = cut(plan("constant", level, seconds, seconds, 1), 0.25)
    send(audience, pieces, closed, lambda number, window: found.append(window))
    return found


def test_open_loop_load_asks_at_its_rate_for_users_of_the_range(server: ScriptedServer) -> None:
    found = figures(windows_of(server, 100, 1.0, closed=False))
    assert found.requests == len(server.paths)
    assert 60 <= found.requests <= 150  # a hundred, give or take five deviations
    assert found.availability == 1
    assert {path.rpartition("/")[2] for path in server.paths} <= {str(user) for user in range(1, 10)}


def test_the_same_seed_asks_for_the_same_users_at_any_rate(server: ScriptedServer) -> None:
    windows_of(server, 40, 0.5, closed=False, seed=7)
    first = list(server.paths)
    windows_of(server, 80, 0.5, closed=False, seed=7)
    again = server.paths[len(first) :]
    count = min(len(first), len(again))
    # Which of two requests under way arrives first is the kernel's choice.
    assert sorted(first[: count - 5]) != []
    assert abs(first[:count].count("/recommend/1") - again[:count].count("/recommend/1")) <= 5


def test_clients_ask_again_once_they_are_answered(server: ScriptedServer) -> None:
    windows = windows_of(server, 3, 0.75, closed=True)
    found = figures(windows)
    assert len(windows) == 3
    assert found.requests == len(server.paths) > 3
    assert 1.5 < found.concurrency < 4.5
    assert len(server.connections) <= 3


def test_a_failure_counts_against_availability_and_not_in_response_times(server: ScriptedServer) -> None:
    server.answers = lambda path, number: reply(status="503 No") if number % 2 else reply()
    found = figures(windows_of(server, 60, 0.5, closed=False))
    assert found.failed == pytest.approx(found.requests / 2, abs=1)
    assert len(found.times_ms) == 6


def test_a_redirect_is_not_followed_to_somebody_else(server: ScriptedServer) -> None:
    moved = reply(status="302 Found", headers="Location: /elsewhere\r\n")
    server.answers = lambda path, number: reply() if path == "/elsewhere" else moved
    found = figures(windows_of(server, 20, 0.5, closed=False))
    assert found.requests == found.failed > 0
    assert "/elsewhere" not in server.paths


def test_a_service_that_goes_away_meanwhile_is_told_as_failures(server: ScriptedServer) -> None:
    server.answers = lambda path, number: reply() if number < 10 else None
    found = figures(windows_of(server, 80, 0.5, closed=False))
    assert found.times_ms
    assert found.failed > 0


def test_a_request_without_an_answer_fails_at_its_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = read_target(f"http://127.0.0.1:{silent.getsockname()[1]}")
        found: list[Window] = []
        audience = Audience([target], timeout_s=0.3)
        send(
            audience,
            cut(plan("constant", 20, 1, 0.2, 1), 60),
            False,
            lambda number, window: found.append(window),
        )
    assert figures(found).availability == 0
    assert figures(found).requests > 0


def test_what_a_report_raises_ends_the_load(server: ScriptedServer) -> None:
    def full(number: int, window: Window) -> None:
        raise RecipeError("No room.")

    audience = Audience([read_target(server.url)])
    with pytest.raises(RecipeError, match="No room"):
        send(audience, cut(plan("constant", 20, 1, 60, 1), 0.1), False, full)


def test_the_command_writes_a_row_a_minute_and_a_plot(server: ScriptedServer, tmp_path: Path) -> None:
    out = tmp_path / "load.csv"
    words = ["--clients", "2", "--step", "1s", "--minutes", "0.01", "--shape", "ramp", "--out", str(out)]
    assert main(["load", server.url, *words]) == 0
    (row,) = csv.DictReader(out.read_text().splitlines())
    assert row["minute"] == "1"
    assert row["availability_percent"] == "100"
    assert float(row["rate_per_min"]) > 0
    assert float(row["p50_ms"]) <= float(row["p95_ms"]) <= float(row["max_ms"])
    assert out.with_suffix(".svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    "words",
    [
        ["--clients", "x"],
        ["--clients", "2", "--rate", "3"],
        ["--clients", "100000"],
        ["--rate", "1e9"],
        ["--rate", "5", "--step", "0"],
        ["--rate", "5", "--minutes", "nan"],
        ["--rate", "5", "--shape", "zigzag"],
        ["--rate", "5", "--users", "9-1"],
        ["--rate", "5", "--seed", "-1"],
        ["--rate", "5", "--timeout", "never"],
        ["--rate", "5", "--engine", "siege"],
        ["--clients", "5", "--engine", "siege", "--step", "1.5s"],
        ["--rate", "5", "--out", "/"],
        [],
    ],
)
def test_a_bad_option_is_refused_before_anything_is_asked_or_written(
    words: list[str], server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    try:
        status = main(["load", server.url, *words])
    except SystemExit as stop:
        status = int(str(stop.code))
    assert status == 2
    assert capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert server.heads == []


def test_a_service_that_is_not_there_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "load.csv"
    url = f"http://127.0.0.1:{free_port()}"
    assert main(["load", url, "--rate", "5", "--minutes", "0.01", "--out", str(out)]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "does not answer" in sentence
    assert not out.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_whatever_ends_it_leaves_whole_rows_and_no_process(
    number: signal.Signals, server: ScriptedServer, tmp_path: Path
) -> None:
    """The sender is a program that never ends by itself, as siege when its service hangs."""
    program, pid_file, out = tmp_path / "siege", tmp_path / "pid", tmp_path / "load.csv"
    program.write_text(f"#!/bin/sh\necho $$ >{pid_file}.new\nmv {pid_file}.new {pid_file}\nexec sleep 600\n")
    program.chmod(0o755)
    words = ["load", server.url, "--clients=2", "--engine=siege", f"--out={out}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "auto_deployment", *words],
        cwd=PROJECT, env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}, stderr=subprocess.PIPE,
    )  # fmt: skip
    eventually(pid_file.exists)
    process.send_signal(number)
    process.communicate()
    assert process.returncode in (-signal.SIGKILL, 130)
    eventually(lambda: not Path(f"/proc/{pid_file.read_text().strip()}").exists())
    assert out.read_text().endswith("sent_late_p99_ms\n")
    assert not list(tmp_path.glob(".*"))
