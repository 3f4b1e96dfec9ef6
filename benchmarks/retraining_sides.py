"""Retraining by this build and by another, in turn: each stage, and from closed segments to published."""

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from auto_deployment.paths import Paths
from benchmarks.made_ratings import write_ratings
from benchmarks.report import Table
from benchmarks.retraining import (
    MOVIES,
    STAGES,
    Spent,
    face_itself,
    fill_apart,
    fill_workspace,
    run_stage,
    spent_by,
)
from tests.support.project import PROJECT

SIZES = (250_000, 1_000_000)
FASTER = 3.0
# Made ratings are no real ones: what is measured is the time of a model that is published.
GATE = {
    "bias_margin": -0.5,
    "popularity_factor_min": 0.0,
    "common_list_share_max": 1.0,
    "answer_max_ms": 5000,
}
CYCLES = ("first cycle", "next cycle, with a champion")


@dataclass(frozen=True, slots=True)
class Side:
    """A checkout, and where it works."""

    build: Path
    root: Path

    def fresh(self, fill: Callable[[Paths], None]) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        fill_workspace(self.root, fill)


def measure(
    work: Path, table: Table, other: Path, sizes: tuple[int, ...] = SIZES, rounds: int = 3
) -> dict[str, Any]:
    """Run both builds on the same ratings; what is compared are the medians of their rounds."""
    sides = {"now": Side(PROJECT, work / "now"), "before": Side(other.resolve(), work / "before")}
    results: dict[str, Any] = {}
    for count in sizes:
        table.line(f"\n{count:,} made ratings: before / now")
        spent = {name: dict[str, list[Spent]]() for name in sides}
        for turn in range(rounds):
            order = list(sides) if turn % 2 else list(reversed(sides))
            _stages(sides, order, count, spent)
            _cycles(sides, order, count, spent)
        results[str(count)] = _compare(table, spent, FASTER if count == SIZES[-1] else None)
    for side in sides.values():
        shutil.rmtree(side.root)
    return results


def _stages(
    sides: dict[str, Side], order: list[str], count: int, spent: dict[str, dict[str, list[Spent]]]
) -> None:
    for side in sides.values():
        side.fresh(partial(write_ratings, count=count, movies=MOVIES))
    for stage in STAGES:
        for name in order:
            if stage == "evaluate":
                face_itself(sides[name].root)
            one = run_stage(sides[name].root, stage, sides[name].build)
            spent[name].setdefault(stage, []).append(one)


def _cycles(
    sides: dict[str, Side], order: list[str], count: int, spent: dict[str, dict[str, list[Spent]]]
) -> None:
    for turn, cycle in enumerate(CYCLES):
        for name in order:
            fill = partial(write_ratings, count=count // (1 + 19 * turn), movies=MOVIES, seed=7 + turn)
            if turn:
                fill_apart(sides[name].root, fill)
            else:
                sides[name].fresh(fill)
            spent[name].setdefault(cycle, []).append(run_cycle(sides[name]))


def run_cycle(side: Side, *words: str) -> Spent:
    """Run `marquee retrain`; git and DVC remote are folders, which the first cycle makes."""
    params = side.root / "params.yaml"
    content = yaml.safe_load((side.build / "params.yaml").read_text("utf-8"))
    content["gate"] |= {name: value for name, value in GATE.items() if name in content["gate"]}
    params.write_text(yaml.safe_dump(content), "utf-8")
    environ = {**os.environ, "DATA_DIR": str(side.root), "PARAMS_FILE": str(params)}
    process = subprocess.Popen(
        [sys.executable, "-m", "auto_deployment", "retrain", *words],
        cwd=side.build, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return spent_by(process, "retrain")


def _compare(
    table: Table, spent: dict[str, dict[str, list[Spent]]], promised: float | None
) -> dict[str, Any]:
    medians = {
        name: {what: _median(measured) for what, measured in parts.items()} for name, parts in spent.items()
    }
    for parts in medians.values():
        stages = [parts[stage] for stage in STAGES]
        parts["all stages"] = Spent(
            sum(one.seconds for one in stages),
            sum(one.cpu_s for one in stages),
            max(one.peak_mb for one in stages),
        )
    for what, now in medians["now"].items():
        before = medians["before"][what]
        note = (
            f"{before.cpu_s:.1f} / {now.cpu_s:.1f} s of processor, "
            f"{before.seconds:.1f} / {now.seconds:.1f} s by the wall, "
            f"{before.peak_mb:.0f} / {now.peak_mb:.0f} MB"
        )
        table.promise(
            f"  {what}, times faster by the wall", before.seconds / now.seconds,
            promised if what in CYCLES else None, note,
        )  # fmt: skip
    return {
        name: {
            what: {"seconds": one.seconds, "cpu_s": one.cpu_s, "peak_mb": one.peak_mb}
            for what, one in parts.items()
        }
        for name, parts in medians.items()
    }


def _median(measured: list[Spent]) -> Spent:
    return Spent(
        statistics.median(one.seconds for one in measured),
        statistics.median(one.cpu_s for one in measured),
        max(one.peak_mb for one in measured),
    )
