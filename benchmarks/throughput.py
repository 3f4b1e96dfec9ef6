"""What an answer costs, beside what any answer of this stack costs."""

import random
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.apps import BARE_APP, REPLY_APP, SERVICE_APP
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
    REPLY,
    UNKNOWN,
    write_paths,
)
from tests.support.project import PROJECT
from tests.support.server import serving

BARE_CONFIG = PROJECT / "benchmarks" / "bare.conf.py"
# (side, compared with, promised share of its throughput)
PROMISES = (
    (KNOWN, REPLY, 0.83),
    (UNKNOWN, REPLY, 0.83),
    (KNOWN, BARE, 1.3),
    (UNKNOWN, BARE, 1.3),
    (EXCLUDE, CONSTANT, 0.25),
    (EXCLUDE_MANY, CONSTANT, 0.25),
    (GENRE, CONSTANT, 0.25),
    (OUTSIDE, CONSTANT, 0.25),
)
SURPRISE_TIMES = 150


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: each round sets both sides of each promise side by side, one slice each."""

    rounds: int
    slice_s: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighbouring slices: what a shared machine does to one, it mostly does to the other."""

    side: str
    other: str
    of_side: Slice
    of_other: Slice


def measure(work: Path, factors: int, plan: Plan, table: Table) -> dict[str, Any]:
    """Measure one size of model; return everything that was seen."""
    paths = write_paths(work)
    surprise = SurpriseSide(factors)
    environ = {"MODEL_DIR": str(bench_model(work, factors)), "WORKERS": "1", "LOG_LEVEL": "WARNING"}
    pairs: list[Pair] = []
    predict_s: list[float] = []
    rng = random.Random(3)
    with ExitStack() as stack:
        service = stack.enter_context(serving(work / "service.log", environ, SERVICE_APP))
        others = {
            side: stack.enter_context(serving(work / f"{number}.log", environ, app, config=BARE_CONFIG))
            for number, (side, app) in enumerate(((BARE, BARE_APP), (REPLY, REPLY_APP)))
        }

        def one_slice(side: str) -> Slice:
            return run_slice(others.get(side, service), paths[side], rng.randrange(LINES), plan.slice_s)

        for side in paths:
            one_slice(side)  # warms up
        for number in range(plan.rounds):
            for side, other, _ in rng.sample(PROMISES, len(PROMISES)):
                found = {name: one_slice(name) for name in rng.sample((side, other), 2)}
                pairs.append(Pair(side, other, found[side], found[other]))
            predict_s.append(surprise.seconds(number))
    _print(pairs, predict_s, table)
    return {"pairs": [asdict(pair) for pair in pairs], "surprise_predict_s": predict_s}


def _print(pairs: Sequence[Pair], predict_s: Sequence[float], table: Table) -> None:
    slices: dict[str, list[Slice]] = {}
    for pair in pairs:
        slices.setdefault(pair.side, []).append(pair.of_side)
        slices.setdefault(pair.other, []).append(pair.of_other)
    cpu_us = {side: statistics.median(one.cpu_us for one in found) for side, found in slices.items()}
    for side, found in slices.items():
        rate = statistics.median(one.requests_per_s for one in found)
        table.line(f"{side:28} {rate:8.0f} requests/s {cpu_us[side]:8.0f} us of CPU a request")
    for side, other, promised in PROMISES:
        both = [pair for pair in pairs if (pair.side, pair.other) == (side, other)]
        rate = statistics.median(pair.of_side.requests_per_s / pair.of_other.requests_per_s for pair in both)
        cpu = statistics.median(pair.of_other.cpu_us / pair.of_side.cpu_us for pair in both)
        table.promise(f"{side} / {other}", rate, promised, f"{cpu:.2f} by CPU")
    predict_us = statistics.median(predict_s) * 1e6
    table.promise(f"Surprise's predict / {KNOWN}, CPU", predict_us / cpu_us[KNOWN], SURPRISE_TIMES)
    table.promise(f"Surprise's predict / {OUTSIDE}, CPU", predict_us / cpu_us[OUTSIDE], None)
