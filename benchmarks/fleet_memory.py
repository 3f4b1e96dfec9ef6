"""What a service takes while two versions are open, each page counted once.

Counted are the pages of the versions' files that the page cache holds, whoever reads them (fincore(1)), and
the proportional share (PSS) of everything else that master and workers map: code, libraries, their own.
"""

import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.fleet_node import Node
from benchmarks.load import constant_rate
from benchmarks.traffic import mixed_paths
from tests.support.server import Server

WITHIN_S, STEP_S = 300.0, 0.05


@dataclass(frozen=True, slots=True)
class Held:
    """One look."""

    files_mb: float
    cached_mb: float  # of the files
    else_mb: float

    @property
    def all_mb(self) -> float:
        return self.cached_mb + self.else_mb

    @property
    def ratio(self) -> float:
        return self.all_mb / self.files_mb

    def figures(self) -> dict[str, float]:
        return {**asdict(self), "all_mb": self.all_mb, "ratio": self.ratio}


def warm(server: Server) -> None:
    """Let every worker have answered."""
    constant_rate(server.port, mixed_paths(1000), 200)


def watched(node: Node, server: Server, is_over: Callable[[], bool]) -> Held:
    """Look until a switch is over; return the look at which most was held while both versions were there."""
    files = node.held()
    files_mb = sum(path.stat().st_size for path in files) / 1e6
    until, looks = time.monotonic() + WITHIN_S, []
    while not is_over():
        if time.monotonic() > until:
            raise RuntimeError(f"the service did not switch: {server.log_text()[-500:]}")
        else_mb = sum(_else_mb(pid, node.home) for pid in (server.process.pid, *server.workers()))
        if all(path.exists() for path in files):
            looks.append(Held(files_mb, _cached_mb(files), else_mb))
        time.sleep(STEP_S)
    return max(looks, key=lambda one: one.all_mb)


def _cached_mb(files: list[Path]) -> float:
    command = ["fincore", "--bytes", "--noheadings", "--output", "RES", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return sum(map(int, done.stdout.split())) / 1e6


def _else_mb(pid: int, models: Path) -> float:
    """Return the PSS of a process without what it maps of models."""
    kilobytes, is_model = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text("utf-8").splitlines():
        words = line.split()
        if not words[0].endswith(":"):  # a new mapping: addresses, rights, offset, device, inode, path
            is_model = len(words) > 5 and words[5].startswith(str(models))
        elif words[0] == "Pss:" and not is_model:
            kilobytes += int(words[1])
    return kilobytes * 1024 / 1e6
