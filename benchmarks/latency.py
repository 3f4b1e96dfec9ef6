"""How long a caller waits, at the rate of the real platform: through NGINX, and past it."""

import statistics
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.load import constant_rate
from benchmarks.model import bench_model
from benchmarks.report import Table
from benchmarks.traffic import mixed_paths
from tests.support.edge.edge import running_edge
from tests.support.server import serving

PER_S = 50
P99_MS = 25
THROUGH_NGINX = "through NGINX"
TRACKS = ("stable", "stable", "canary")


def measure(work: Path, factors: int, seconds: int, table: Table) -> dict[str, Any]:
    """Start two stable instances, a canary and NGINX, and ask at a constant rate."""
    paths = mixed_paths(PER_S * seconds)
    model = str(bench_model(work, factors))
    found = {}
    with ExitStack() as stack:
        servers = []
        for number, track in enumerate(TRACKS):
            environ = {"MODEL_DIR": model, "TRACK": track, "LOG_LEVEL": "WARNING"}
            servers.append(stack.enter_context(serving(work / f"instance-{number}.log", environ)))
        addresses = [f"127.0.0.1:{server.port}" for server in servers]
        edge = stack.enter_context(running_edge(work / "edge", addresses))
        for way, port, promised in ((THROUGH_NGINX, edge.port, P99_MS), ("directly", servers[0].port, None)):
            constant_rate(port, paths[: PER_S * 2], PER_S)  # warms up
            waits_ms = sorted(wait * 1000 for wait in constant_rate(port, paths, PER_S))
            p50, p99 = statistics.median(waits_ms), waits_ms[int(len(waits_ms) * 0.99)]
            found[way] = {"requests": len(waits_ms), "p50_ms": p50, "p99_ms": p99, "max_ms": waits_ms[-1]}
            note = f"p50 {p50:.1f} ms, longest {waits_ms[-1]:.1f} ms of {len(waits_ms)}"
            table.promise(f"p99 {way} at {PER_S} requests/s, ms", p99, promised, note, at_most=True)
    return found
