"""What a caller meets who uses the client: of a service that is well, dead, hung, or failing at times."""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Table
from tests.support.models import write_model
from tests.support.project import PROJECT
from tests.support.scripted_server import reply, scripted
from tests.support.server import Server, spawn, stop

# Well, then ill, then well again for longer than the switch stays open.
WELL_S, ILL_S, AFTER_S = 10, 30, 60
THREADS, PER_S = 4, 50
FAILING = 0.3
OPEN_MS = 1.0
COLUMNS = (
    "the service is",
    "answered while ill",
    "calls until open",
    "s",
    "p50, p99 until then, ms",
    "p50, p99 while open, µs",
    "of it processor, µs",
    "answered again after",
)
Row = tuple[float, float, str, float]  # when, how long, outcome, processor time


@dataclass(frozen=True, slots=True)
class Fault:
    """A service, what makes it ill, and what makes it well."""

    url: str
    begin: Callable[[], None]
    end: Callable[[], None]


def measure(work: Path, table: Table, faults: Sequence[str]) -> dict[str, Any]:
    """Let a program ask 50 times a second through each fault (100 s); return what it met."""
    table.line(f"{PER_S} calls a second from {THREADS} threads, ill from {WELL_S} to {WELL_S + ILL_S} s\n")
    table.line(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    found = {}
    with tempfile.TemporaryDirectory(dir=work) as name:
        folder = Path(name)
        write_model(folder / "model")
        for state in faults:
            with FAULTS[state](folder) as one:
                found[state] = _met(one, folder / "calls.json")
            table.line(_row(state, found[state]))
    slowest_us = max((one["open_us"][1] for one in found.values() if one["open_us"]), default=None)
    if slowest_us is not None:
        table.promise("p99 of a call while open, ms", slowest_us / 1000, OPEN_MS, at_most=True)
    return found


def _met(fault: Fault, file: Path) -> dict[str, Any]:
    seconds = WELL_S + ILL_S + AFTER_S
    words = map(str, (seconds, THREADS, PER_S, file))
    command = [sys.executable, "-m", "benchmarks.caller", fault.url, *words]
    environ = {**os.environ, "PYTHONPATH": f"{PROJECT / 'client'}:{PROJECT}"}
    with subprocess.Popen(command, env=environ, cwd=PROJECT) as caller:
        time.sleep(WELL_S)
        ill_s = time.monotonic()
        fault.begin()
        time.sleep(ILL_S)
        well_s = time.monotonic()
        fault.end()
        if caller.wait(timeout=seconds + 60):
            raise RuntimeError("the caller failed")
    return _summary(json.loads(file.read_text("utf-8")), ill_s, well_s)


def _summary(rows: Sequence[Row], ill_s: float, well_s: float) -> dict[str, Any]:
    ill = [row for row in rows if ill_s <= row[0] < well_s]
    first_open = next((row for row in rows if row[2] == "open"), None)
    until = [row for row in ill if first_open is None or row[0] < first_open[0]]
    again = next((row for row in rows if row[0] > well_s and row[2] == "answered"), None)
    return {
        "calls": len(rows),
        "answered_ill": sum(row[2] == "answered" for row in ill) / len(ill),
        "until_open": None if first_open is None else len(until),
        "until_open_s": None if first_open is None else first_open[0] - ill_s,
        "until_ms": _percentiles([row[1] * 1e3 for row in until]),
        "open_us": _percentiles([row[1] * 1e6 for row in rows if row[2] == "open"]),
        "open_cpu_us": statistics.mean([row[3] * 1e6 for row in rows if row[2] == "open"] or [0.0]),
        "longest_ms": max(row[1] for row in rows) * 1e3,
        "again_s": None if again is None else again[0] - well_s,
    }


def _percentiles(values: Sequence[float]) -> list[float]:
    if not values:
        return []
    return [statistics.median(values), sorted(values)[int(len(values) * 0.99)]]


def _row(name: str, found: dict[str, Any]) -> str:
    p50, p99 = found["until_ms"]
    is_open = bool(found["open_us"])
    cells = [
        name,
        f"{found['answered_ill']:.1%}",
        str(found["until_open"]) if is_open else "stays closed",
        f"{found['until_open_s']:.1f}" if is_open else "",
        f"{p50:.1f}, {p99:.1f}",
        f"{found['open_us'][0]:.0f}, {found['open_us'][1]:.0f}" if is_open else "",
        f"{found['open_cpu_us']:.0f}" if is_open else "",
        f"{found['again_s']:.1f} s" if is_open else "",
    ]
    return f"| {' | '.join(cells)} |"


@contextmanager
def _service(work: Path) -> Iterator[Server]:
    server = _started(work, None)
    try:
        yield server
    finally:
        stop(server)


def _started(work: Path, port: int | None) -> Server:
    environ = {"MODEL_DIR": str(work / "model"), "LOG_LEVEL": "WARNING"}
    server = spawn(work / "log", environ, port=port)
    server.wait_until_ready()
    return server


@contextmanager
def _well(work: Path) -> Iterator[Fault]:
    with _service(work) as server:
        yield Fault(server.url, lambda: None, lambda: None)


@contextmanager
def _dead(work: Path) -> Iterator[Fault]:
    with _service(work) as server:
        started: list[Server] = []

        def kill() -> None:
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()

        try:
            yield Fault(server.url, kill, lambda: started.append(_started(work, server.port)))
        finally:
            for one in started:
                stop(one)


@contextmanager
def _hung(work: Path) -> Iterator[Fault]:
    with _service(work) as server:
        pid = server.process.pid
        yield Fault(
            server.url, lambda: os.killpg(pid, signal.SIGSTOP), lambda: os.killpg(pid, signal.SIGCONT)
        )


@contextmanager
def _failing(work: Path) -> Iterator[Fault]:
    dice = random.Random(1)
    failed = reply("", "500 Internal Server Error")
    with scripted() as server:
        well = server.answers

        def begin() -> None:
            server.answers = lambda path, number: failed if dice.random() < FAILING else reply()

        def end() -> None:
            server.answers = well

        yield Fault(server.url, begin, end)


FAULTS = {"well": _well, "dead": _dead, "hung": _hung, "failing in 30 % of calls": _failing}
