"""What retraining costs, stage by stage, and how that grows with the ratings."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from auto_deployment.ingest.importing.job import Limits, run_import
from auto_deployment.ingest.importing.look import Scales
from auto_deployment.ingest.importing.recognise import recognise
from auto_deployment.paths import Paths
from auto_deployment.training.train.beside import beside
from auto_deployment.training.workspace import Workspace, write_json
from benchmarks.made_ratings import write_ratings
from benchmarks.report import Table
from tests.support.project import PROJECT

STAGES = ("prepare", "train", "evaluate", "gate", "package")
SIZES = (250_000, 500_000, 1_000_000)
MOVIES = 5_000
MOVIELENS = PROJECT.parent / "shared" / "data" / "ml-latest-small"
ALL_STAGES_S = 60
GROWTH = 1.25  # of processor seconds per rating, from the smallest size to the largest


@dataclass(frozen=True, slots=True)
class Spent:
    """What one stage took."""

    seconds: float
    cpu_s: float
    peak_mb: float


def measure(work: Path, table: Table) -> dict[str, Any]:
    """Run every stage in a process of its own: on real ratings and on 1x, 2x, 4x made ones."""
    results: dict[str, Any] = {}
    if MOVIELENS.exists():
        results["ml-latest-small"] = _run(work, table, "ml-latest-small", import_movielens)
    for count in SIZES:
        fill = partial(write_ratings, count=count, movies=MOVIES)
        results[str(count)] = _run(work, table, f"{count:,} made ratings", fill)
    seconds = sum(one["seconds"] for one in results[str(SIZES[-1])].values())
    table.promise(f"{SIZES[-1]:,} ratings, all stages, s", seconds, ALL_STAGES_S, at_most=True)
    per_rating = [sum(one["cpu_s"] for one in results[str(count)].values()) / count for count in SIZES]
    what = f"processor seconds per rating, {SIZES[-1]:,} / {SIZES[0]:,}"
    table.promise(what, per_rating[-1] / per_rating[0], GROWTH, at_most=True)
    return results


def _run(work: Path, table: Table, name: str, fill: Callable[[Paths], None]) -> dict[str, Any]:
    table.line(f"\n{name}")
    root = work / "retraining"
    shutil.rmtree(root, ignore_errors=True)
    fill_workspace(root, fill)
    spent: dict[str, Any] = {}
    for stage in STAGES:
        if stage == "evaluate":
            face_itself(root)
        one = run_stage(root, stage, PROJECT)
        spent[stage] = {"seconds": one.seconds, "cpu_s": one.cpu_s, "peak_mb": one.peak_mb}
        table.promise(
            f"  {stage}, s", one.seconds, None, f"{one.cpu_s:.1f} s of processor, {one.peak_mb:.0f} MB"
        )
    shutil.rmtree(root)
    return spent


def fill_workspace(root: Path, fill: Callable[[Paths], None]) -> None:
    """Put in what the flow depends on, with nobody to beat yet."""
    workspace = Workspace(root)
    fill_apart(root, fill)
    write_json(workspace.champion_facts, {"version": None, "source": "none yet"})
    write_json(workspace.intake, {"damaged": {}, "drift": {}})
    write_json(workspace.rejected, [])
    write_json(workspace.version, {"version": "bench", "created_at": "2026-01-01T00:00:00+00:00"})


def fill_apart(root: Path, fill: Callable[[Paths], None]) -> None:
    """Let another process write the ratings: our largest memory would count as that of what we start."""
    with beside(_filled, fill, root) as filled:
        filled()


def _filled(fill: Callable[[Paths], None], root: Path) -> None:
    fill(Paths(root))


def face_itself(root: Path) -> None:
    """Make the candidate its own champion: a comparison costs the same whoever wins."""
    workspace = Workspace(root)
    shutil.copytree(workspace.candidate, workspace.champion)
    write_json(
        workspace.champion_facts, {"version": "bench", "content_hash": None, "source": "it is the same"}
    )


def run_stage(root: Path, stage: str, build: Path) -> Spent:
    """Run one stage of a checkout in a process of its own."""
    environ = {**os.environ, "DATA_DIR": str(root), "PARAMS_FILE": str(build / "params.yaml")}
    process = subprocess.Popen(
        [sys.executable, "-m", "auto_deployment", "stage", stage],
        cwd=build, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    return spent_by(process, f"stage {stage}")


def spent_by(process: subprocess.Popen[str], what: str) -> Spent:
    """Wait for a process that was started just now; raise `RuntimeError` with its last words."""
    started = time.perf_counter()
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{what} failed: {said[-500:]}")
    return Spent(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def import_movielens(paths: Paths) -> None:
    run_import(recognise(MOVIELENS), paths, Limits(Scales(None, (1, 5))))
