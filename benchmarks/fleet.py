"""What delivery costs: callers during a pull, a pull that shares files, memory during a switch."""

import statistics
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from benchmarks.fleet_memory import Held, warm, watched
from benchmarks.fleet_node import Node, differing_bytes, size_bytes
from benchmarks.fleet_table import write
from benchmarks.load import constant_rate
from benchmarks.report import Table
from benchmarks.traffic import mixed_paths
from tests.support.server import Server
from tests.support.waiting import eventually

PER_S, SLICE_S = 50, 4
ROUNDS = 3  # odd: what is pulled last is what the version that shares files is like
MOST_P99, MOST_MEMORY, MOST_FETCHED = 1.2, 1.1, 1.001
PULLING, QUIET, AGAIN, SWITCH = "pulling", "quiet", "quiet again", "switch"
Waits = dict[str, list[float]]


def measure(work: Path, table: Table, pulls: int = ROUNDS) -> dict[str, Any]:
    """Measure everything with one node, and write the tables to `docs/fleet.md`; `pulls` is odd."""
    node = Node(work)
    with node.running() as server:
        _asked(server, 5)  # warms up
        rounds = [
            _pulled(node, server, node.second if turn % 2 == 0 else node.first) for turn in range(pulls)
        ]
        shared = _shared(node)
        held = _switched(node, server)
    found = {
        "pull": _waits(rounds, node, table),
        "shared": _told(shared, table),
        "memory": _size(held, table),
    }
    write(found)
    return found


def _pulled(node: Node, server: Server, version: str) -> dict[str, Any]:
    """Pull a version in turns with standing still; return what callers waited on either side."""
    waits: Waits = {PULLING: [], QUIET: [], AGAIN: [], SWITCH: []}
    times: dict[str, list[float]] = {PULLING: [], AGAIN: []}
    faults, cpu_s = _major_faults(server), node.cpu_s()
    node.want(version)
    eventually(lambda: node.begun(version), step_s=0.005)
    node.hold()
    for turn in range(10**6):
        slices = _slices(node, server, turn)
        if node.has(version):  # it came in the middle of a slice, and the switch began
            break
        for side, found in slices.items():
            waits[side] += found
        for side in times:
            times[side].append(_p99_ms(slices[side]) / _p99_ms(slices[QUIET]))
    node.release()
    cpu_s, began = node.cpu_s() - cpu_s, time.monotonic()
    while node.confirmed() != version:
        waits[SWITCH] += _asked(server, SLICE_S)
    return {
        "waits": waits,
        "times": times,
        "major_faults": _major_faults(server) - faults,
        "agent_cpu_s": cpu_s,
        "switch_s": time.monotonic() - began,
    }


def _slices(node: Node, server: Server, turn: int) -> Waits:
    order = (PULLING, QUIET, AGAIN) if turn % 2 else (QUIET, AGAIN, PULLING)
    found: Waits = {}
    for side in order:
        with node.going_on() if side == PULLING else nullcontext():
            found[side] = _asked(server, SLICE_S)
    return found


def _asked(server: Server, seconds: float) -> list[float]:
    """Ask at a constant rate; raise unless every answer is 200."""
    return constant_rate(server.port, mixed_paths(int(PER_S * seconds)), PER_S)


def _shared(node: Node) -> dict[str, float]:
    """Pull a version that shares most files with the one that is here."""
    before, began = node.moved_bytes(), time.monotonic()
    node.want(node.third)
    eventually(lambda: node.confirmed() == node.third, 600, step_s=0.2)
    seconds = time.monotonic() - began
    after = node.moved_bytes()
    folder = node.models[node.third]
    return {
        "differs_mb": differing_bytes(folder, node.models[node.second]) / 1e6,
        "all_mb": size_bytes(folder) / 1e6,
        "seconds": seconds,
        **{f"{way}_mb": (after[way] - before[way]) / 1e6 for way in after},
    }


def _switched(node: Node, server: Server) -> Held:
    """Bring the first model again and watch memory until it serves."""
    warm(server)
    node.want(node.first)
    eventually(lambda: node.has(node.first), 900, step_s=0.02)
    return watched(node, server, lambda: node.confirmed() == node.first)


def _major_faults(server: Server) -> int:
    """Return how often workers had to wait for the disk to give back a page."""
    words = [
        Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split() for pid in server.workers()
    ]
    return sum(int(one[9]) for one in words)


def _waits(rounds: Sequence[dict[str, Any]], node: Node, table: Table) -> dict[str, Any]:
    sides = {side: [wait for one in rounds for wait in one["waits"][side]] for side in rounds[0]["waits"]}
    p99 = {side: _p99_ms(found) for side, found in sides.items()}
    times = {side: [one for turn in rounds for one in turn["times"][side]] for side in (PULLING, AGAIN)}
    ratio = {side: statistics.median(found) for side, found in times.items()}
    each = [statistics.median(turn["times"][PULLING]) for turn in rounds]
    note = f"median of {len(times[PULLING])} neighbours; rounds {', '.join(f'{one:.2f}' for one in each)}"
    table.promise(
        "p99 while a model is pulled, times that without", ratio[PULLING], MOST_P99, note, at_most=True
    )
    table.promise("the same of two sides without a pull", ratio[AGAIN], None)
    return {
        "per_s": PER_S,
        "model_mb": size_bytes(node.models[node.second]) / 1e6,
        "fetched_mb": differing_bytes(node.models[node.second], node.models[node.first]) / 1e6,
        "rounds": each,
        "ratio": ratio,
        "neighbours": len(times[PULLING]),
        "requests": {side: len(found) for side, found in sides.items()},
        "p50_ms": {side: statistics.median(found) * 1000 for side, found in sides.items()},
        "p99_ms": p99,
        **{name: [one[name] for one in rounds] for name in ("major_faults", "agent_cpu_s", "switch_s")},
    }


def _told(shared: dict[str, float], table: Table) -> dict[str, float]:
    note = f"{shared['fetched_mb']:.2f} MB of {shared['all_mb']:.0f}, in {shared['seconds']:.1f} s"
    ratio = shared["fetched_mb"] / shared["differs_mb"]
    table.promise(
        "fetched of a version that shares files, times what differs", ratio, MOST_FETCHED, note, at_most=True
    )
    return shared


def _size(held: Held, table: Table) -> dict[str, float]:
    note = f"{held.all_mb:.0f} MB for {held.files_mb:.0f} MB of files"
    table.promise("memory with two versions, times their files", held.ratio, MOST_MEMORY, note, at_most=True)
    return held.figures()


def _p99_ms(waits: Sequence[float]) -> float:
    return sorted(waits)[int(len(waits) * 0.99)] * 1000
