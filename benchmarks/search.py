"""Search as processes: what a question costs, how long it takes at a constant rate, and during updates."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.load import constant_rate
from benchmarks.report import Table
from benchmarks.search_cost import questions
from benchmarks.search_data import made_index, made_up
from search.asked.questions import make_questions
from search.index_files import open_head
from search.index_format import Head
from tests.support.project import PROJECT
from tests.support.search_processes import Asking, Processes, Right, SearchProcess, processes

SHARDS = 4
PER_S = 100
P99_MS = 20.0
RECALL_MIN = 0.95
UPDATED_TITLES = 2_000
DEADLINE_MS = 100  # as it is where nobody sets it
PATIENT_MS = 5_000
EVERY_S = 0.5  # between two looks, as it is where nobody sets it


def measure(work: Path, args: argparse.Namespace, table: Table) -> dict[str, Any]:
    """Ask an index of made-up titles in a gateway and four shards; then update a smaller one under load."""
    folder = made_index(work, made_up(args.titles))
    found: dict[str, Any] = {"titles": args.titles, "recall": _recall(open_head(folder), table)}
    found["in_one_process_us"] = costs = _costs_us(folder)
    for kind, cost in costs.items():
        table.promise(f"processor time of {kind}, in one process, us", cost, None)
    asked = questions(args.titles)
    paths = [f"/search?n=20&q={quote(one.text)}" for kind in asked.values() for one in kind]
    random.Random(1).shuffle(paths)
    paths = (paths * (1 + args.search_s * PER_S // len(paths)))[: args.search_s * PER_S]
    with _running(work, folder, 1, DEADLINE_MS, every_s=EVERY_S) as system:
        found["constant_rate"] = _constant_rate(system, paths, table)
    if args.updates:
        found["updates"] = _updates(work, args.updates, table)
    return found


def _recall(head: Head, table: Table) -> dict[str, float]:
    clusters = head.manifest["clusters"]
    for kind, share in clusters["recall_at_20"].items():
        note = f"{clusters['probed'][kind]} of {clusters['count']} clusters"
        table.promise(f"of the 20 nearest movies found, {kind}", share, RECALL_MIN, note)
    return dict(clusters["recall_at_20"])


def _costs_us(folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.search_cost", str(folder)]
    result = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True, timeout=3600)
    found: dict[str, float] = json.loads(result.stdout)
    return found


def _running(work: Path, folder: Path, replicas: int, deadline_ms: int, **looks: float) -> Any:
    root = work / "search-running"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / "indexes").symlink_to(work)
    return processes(root, folder.resolve().name, SHARDS, replicas, deadline_ms, **looks)


def _constant_rate(system: Processes, paths: Sequence[str], table: Table) -> dict[str, Any]:
    constant_rate(system.gateway.port, paths[: 2 * PER_S], PER_S)  # warms up
    before = [_cpu_s(one) for one in system.all]
    waits_ms = sorted(wait * 1000 for wait in constant_rate(system.gateway.port, paths, PER_S))
    spent_ms = [
        (_cpu_s(one) - earlier) / len(paths) * 1000 for one, earlier in zip(system.all, before, strict=True)
    ]
    p50, p99 = statistics.median(waits_ms), waits_ms[int(len(waits_ms) * 0.99)]
    load = os.getloadavg()[0]
    note = f"p50 {p50:.1f} ms, longest {waits_ms[-1]:.1f} ms of {len(waits_ms)}, load average {load:.1f}"
    table.promise(f"p99 at {PER_S} questions/s, ms", p99, P99_MS, note, at_most=True)
    table.promise("processor time of a question in the gateway, ms", spent_ms[-1], None)
    table.promise("processor time of a question in all shards, ms", sum(spent_ms[:-1]), None)
    memory_mb = [_memory_mb(one) for one in system.all]
    table.promise("memory of a shard, MB", max(memory_mb[:-1]), None)
    table.promise("memory of the gateway, MB", memory_mb[-1], None)
    return {
        "asked": len(paths), "p50_ms": p50, "p99_ms": p99, "max_ms": waits_ms[-1], "load_average": load,
        "gateway_ms": spent_ms[-1], "shards_ms": sum(spent_ms[:-1]), "memory_mb": memory_mb,
    }  # fmt: skip


def _updates(work: Path, count: int, table: Table) -> dict[str, Any]:
    """Update under load with a random shard killed in each; every answer must be right for its version."""
    folders = [made_index(work, made_up(UPDATED_TITLES, seed)) for seed in (2, 3)]
    versions = [folder.resolve().name for folder in folders]
    asked = make_questions(made_up(UPDATED_TITLES, 2), 3, 10)
    texts = [one.text for questions in asked.values() for one in questions]
    right = Right(work, versions, texts)
    draw = random.Random(1)
    with (
        _running(work, folders[0], 2, PATIENT_MS) as system,
        Asking(system.gateway.port, texts, PER_S) as load,
    ):
        for turn in range(1, count + 1):
            victim, version = draw.choice(system.shards), versions[turn % 2]
            system.show(version)
            time.sleep(draw.uniform(0, 0.3))  # the kill may meet any moment of the update
            victim.kill()
            system.wait_for(version)
            victim.start()
            system.wait_for_shards(version, victim)
            system.wait_until_known()
    wrong = right.wrong(load.heard)
    note = f"{count} updates, a shard killed in each, {len(load.heard):,} answers"
    table.promise("answers missing, partial, or not of their version", len(wrong), 0, note, at_most=True)
    for one in wrong[:5]:
        table.line(str(one)[:300])
    return {"updates": count, "answers": len(load.heard), "wrong": len(wrong)}


def _pids(one: SearchProcess) -> list[int]:
    """Return the process and its worker."""
    assert one.process is not None
    pid = one.process.pid
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())]


def _cpu_s(one: SearchProcess) -> float:
    fields = [Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split() for pid in _pids(one)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def _memory_mb(one: SearchProcess) -> float:
    """Return what a process and its worker hold, shared pages counted once."""
    kept = 0
    for pid in _pids(one):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        kept += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return kept / 1000
