"""What an answer costs, beside what any answer of this stack costs."""

import random
import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.apps import BARE_APP, SERVICE_APP
from benchmarks.load import Slice, run_slice
from benchmarks.model import bench_model
from benchmarks.report import Table
from benchmarks.surprise_side import SurpriseSide
from benchmarks.traffic import (
    BARE,
    CONSTANT,
    EXCLUDE,
    EXCLUDE_MANY,
    GENRE,
    KNOWN,
    LINES,
    OUTSIDE,
    UNKNOWN,
    write_paths,
)
from tests.support.server import ROOT, serving

BARE_CONFIG = ROOT / "benchmarks" / "bare.conf.py"
# (side, compared with, promised share of its throughput)
PROMISES = (
    (KNOWN, CONSTANT, 0.90),
    (UNKNOWN, CONSTANT, 0.90),
    (KNOWN, BARE, 0.65),
    (UNKNOWN, BARE, 0.65),
    (EXCLUDE, CONSTANT, 0.25),
    (EXCLUDE_MANY, CONSTANT, 0.25),
    (GENRE, CONSTANT, 0.25),
    (OUTSIDE, CONSTANT, 0.25),
)
SURPRISE_TIMES = 150


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: rounds of one slice for each side, in turn."""

    rounds: int
    slice_s: int


def measure(work: Path, factors: int, plan: Plan, table: Table) -> dict[str, Any]:
    """Measure one size of model; return everything that was seen."""
    paths = write_paths(work)
    surprise = SurpriseSide(factors)
    environ = {"MODEL_DIR": str(bench_model(work, factors)), "WORKERS": "1", "LOG_LEVEL": "WARNING"}
    slices: dict[str, list[Slice]] = {side: [] for side in paths}
    predict_s: list[float] = []
    rng = random.Random(3)
    with ExitStack() as stack:
        service = stack.enter_context(serving(work / "service.log", environ, SERVICE_APP))
        bare = stack.enter_context(serving(work / "bare.log", environ, BARE_APP, config=BARE_CONFIG))
        for number in range(plan.rounds + 1):
            for side in rng.sample(list(paths), len(paths)):  # each time in another order
                server = bare if side == BARE else service
                found = run_slice(server, paths[side], rng.randrange(LINES), plan.slice_s)
                if number:  # the first round warms up
                    slices[side].append(found)
            predict_s.append(surprise.seconds(number))
    _print(slices, predict_s, table)
    return {
        "slices": {side: [asdict(one) for one in found] for side, found in slices.items()},
        "surprise_predict_s": predict_s,
    }


def _print(slices: Mapping[str, list[Slice]], predict_s: list[float], table: Table) -> None:
    for side, found in slices.items():
        rate = statistics.median(one.requests_per_s for one in found)
        cpu = statistics.median(one.cpu_us for one in found)
        table.line(f"{side:28} {rate:8.0f} requests/s {cpu:8.0f} us of CPU a request")
    for side, other, promised in PROMISES:
        pairs = list(zip(slices[side], slices[other], strict=True))
        rate = statistics.median(a.requests_per_s / b.requests_per_s for a, b in pairs)
        cpu = statistics.median(b.cpu_us / a.cpu_us for a, b in pairs)
        table.promise(f"{side} / {other}", rate, promised, f"{cpu:.2f} by CPU")
    for side in (KNOWN, OUTSIDE):
        cpu_us = statistics.median(one.cpu_us for one in slices[side])
        times = statistics.median(predict_s) / cpu_us * 1e6
        table.promise(f"Surprise's predict / {side}, CPU", times, SURPRISE_TIMES if side == KNOWN else None)
