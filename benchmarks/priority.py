"""Whose turn it is: how long a caller waits while what can wait takes all processors."""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auto_deployment.host.priority import BATCH, SERVING, weigh_session
from benchmarks.load import constant_rate
from benchmarks.report import Table
from tests.support.edge.edge import running_edge
from tests.support.models import write_model
from tests.support.server import serving
from tests.support.systems.containers import docker
from tests.support.systems.lab import docker_answers
from tests.support.systems.stack import TestStack, running_stack

PER_S = 50
ROUNDS, SECONDS = 5, 15
MOST = 1.5  # times the p99 of a quiet machine
SPIN = "while True: pass"
QUIET, LAST, SAME = "quiet", "beside loops in the lowest class", "beside loops without weights"
AMONG = "beside loops of the lowest weight among all containers"
TRACKS = ("stable", "stable", "canary")
SERVES = {"nginx": 16384, "stable-1": 8192, "stable-2": 8192, "canary": 8192}
UNWEIGHTED, BATCH_SHARES = 1024, 64
GROUPS = Path("/sys/fs/cgroup/cpu/marquee-bench"), Path("/sys/fs/cgroup/marquee-bench")  # either kind
Condition = Callable[[], AbstractContextManager[None]]


def measure(table: Table) -> dict[str, Any]:
    """Measure plain processes, and containers where there is Docker."""
    found = {"processes": _processes(table)}
    if docker_answers():
        found["containers"] = _containers(table)
    return found


def _processes(table: Table) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        write_model(folder / "model")
        servers = []
        for number, track in enumerate(TRACKS):
            environ = {"MODEL_DIR": str(folder / "model"), "TRACK": track, "LOG_LEVEL": "WARNING"}
            servers.append(stack.enter_context(serving(folder / f"{number}.log", environ)))
        edge = stack.enter_context(
            running_edge(folder / "edge", [f"127.0.0.1:{one.port}" for one in servers])
        )
        conditions: dict[str, Condition] = {
            QUIET: nullcontext,
            LAST: lambda: _loops(BATCH),
            SAME: lambda: _loops(SERVING),
        }
        return _compared("plain processes", edge.port, conditions, table)


@contextmanager
def _loops(nice: int) -> Iterator[None]:
    """Keep every processor busy, as work of this class that a run starts."""
    command = ["nice", "-n", str(nice), sys.executable, "-c", SPIN]
    loops = [subprocess.Popen(command, start_new_session=True) for _ in range(os.cpu_count() or 1)]
    try:
        for loop in loops:
            weigh_session(loop.pid, nice)
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@dataclass(frozen=True, slots=True)
class _Containers:
    """A system, and containers of its worker's image that keep every processor busy."""

    system: TestStack

    @contextmanager
    def loops(self, shares: int, of_who_serves: Mapping[str, int], group: str = "") -> Iterator[None]:
        """`group` is the control group that holds the loops, Docker's own if empty."""
        stack = self.system.stack
        self._weigh(of_who_serves)
        words = ["run", "--detach", "--rm", f"--cpu-shares={shares}", f"--cgroup-parent={group}"]
        words += ["--entrypoint", "python"]
        image = f"{stack.environ['MARQUEE_IMAGE']}-worker:latest"
        loops = [docker(*words, image, "-c", SPIN) for _ in range(os.cpu_count() or 1)]
        try:
            yield
        finally:
            docker("kill", *loops)
            self._weigh(SERVES)

    def _weigh(self, shares: Mapping[str, int]) -> None:
        for name, count in shares.items():
            docker("update", f"--cpu-shares={count}", self.system.stack.container(name))


@contextmanager
def _idle_group() -> Iterator[str | None]:
    """Make an idle control group beside that of all containers, as root on cgroupfs; else None."""
    group = next((one for one in GROUPS if one.parent.joinpath("cgroup.procs").exists()), None)
    driver = docker("info", "--format", "{{.CgroupDriver}}")
    if group is None or driver != "cgroupfs" or os.geteuid() != 0:
        yield None
        return
    group.mkdir(exist_ok=True)
    try:
        (group / "cpu.idle").write_text("1", "ascii")
        yield f"/{group.name}"
    finally:
        group.rmdir()


def _containers(table: Table) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as place,
        _idle_group() as group,
        running_stack(Path(place), up=False) as system,
    ):
        system.stack.compose("build", "--quiet", timeout_s=1800)
        system.stack.compose("up", "-d", "--wait", *SERVES, "static-list")
        busy = _Containers(system)
        conditions: dict[str, Condition] = {
            QUIET: nullcontext,
            AMONG: lambda: busy.loops(BATCH_SHARES, SERVES),
            SAME: lambda: busy.loops(UNWEIGHTED, dict.fromkeys(SERVES, UNWEIGHTED)),
        }
        if group is not None:
            conditions[LAST] = lambda: busy.loops(BATCH_SHARES, SERVES, group)
        return _compared("containers", system.port, conditions, table)


def _compared(of: str, port: int, conditions: Mapping[str, Condition], table: Table) -> dict[str, Any]:
    """Ask under each condition in turn, several times over; compare the p99 of all answers of each."""
    rng = random.Random(3)
    paths = [f"/recommend/{rng.randint(1, 1_000_000)}" for _ in range(PER_S * SECONDS)]
    constant_rate(port, paths[: PER_S * 2], PER_S)  # warms up
    waits: dict[str, list[float]] = {name: [] for name in conditions}
    for _ in range(ROUNDS):
        for name, begin in conditions.items():
            with begin():
                waits[name] += constant_rate(port, paths, PER_S)
    p99 = {name: sorted(found)[int(len(found) * 0.99)] * 1000 for name, found in waits.items()}
    for name, found in p99.items():
        promised = MOST if name == LAST else None
        note = f"p99 {found:.1f} ms of {len(waits[name]):,}, longest {max(waits[name]) * 1000:.0f} ms"
        table.promise(f"{of}, {name}, times quiet", found / p99[QUIET], promised, note, at_most=True)
    return p99
