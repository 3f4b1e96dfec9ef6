"""Training on Spark beside training on this machine: lists and ratings of both models, then what a fit costs.

`.venv-spark/bin/python -m benchmarks spark`, with SPARK_MASTER (else local[2]); docs/spark.md has figures.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.recommender import Recommender
from auto_deployment.params import load_params
from auto_deployment.training.evaluate.compare import Pair, compare
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.prepare.split import describe_split, split_by_time
from auto_deployment.training.train.engines.chosen import engine_of
from auto_deployment.training.train.fit import fit
from auto_deployment.training.train.trainset import make_trainset
from benchmarks.continuing import as_model
from benchmarks.made_ratings import write_ratings
from benchmarks.recent_lists import sources
from benchmarks.report import Table
from benchmarks.retraining import MOVIES, fill_workspace, run_stage
from tests.support.project import PROJECT

MASTER = os.environ.get("SPARK_MASTER", "local[2]")
ENGINES = ("local", "spark")
LOSS_MAX = 0.005
LOOK_S = 0.25
PARTS = ("lists", "cost")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(slots=True)
class Used:
    """What a session of processes took; Java is no child that Python waits for, so /proc is asked."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0


def measure(work: Path, table: Table, parts: Sequence[str], sizes: Sequence[int]) -> dict[str, Any]:
    """Compare models, then costs."""
    found: dict[str, Any] = {}
    if "lists" in parts:
        table.line("| data | users | NDCG@10 local | Spark | difference | RMSE ratio |")
        table.line("|---|---|---|---|---|---|")
        for name, data in sources(work):
            found[name] = _models(name, data, table)
    if "cost" in parts:
        for size in sizes:
            found[str(size)] = _costs(work, size, table)
    return found


def _models(name: str, data: TrainingData, table: Table) -> dict[str, Any]:
    """Fit both; the difference is of the same users, with its interval."""
    params = load_params(PROJECT / "params.yaml")
    how, split = params.training, split_by_time(data.interactions, params.training.prepare)
    trainset, models = make_trainset(split.train), {}
    for word in ENGINES:
        fitted = fit(trainset, data.movies, how, split.kind, engine_of(word, MASTER, None, params.spark))
        models[word] = Recommender(as_model(fitted, how, describe_split(split)))
    found: dict[str, Any] = compare(Pair(models["spark"], models["local"]), split.test, data.users, how)
    lists, ratio = found["ranking"], found["rating"]["ratio"]
    cells = [
        f"{lists['users']:,}", f"{lists['champion']['value']:.4f}", f"{lists['challenger']['value']:.4f}",
        _interval(lists["difference"], "+.4f"), _interval(ratio, ".4f"),
    ]  # fmt: skip
    table.line(f"| {name} | {' | '.join(cells)} |")
    table.promise(f"{name}: NDCG@10 lost", -lists["difference"]["value"], LOSS_MAX, at_most=True)
    return found


def _interval(found: dict[str, float], form: str) -> str:
    return f"{found['value']:{form}} ({found['low']:{form}} to {found['high']:{form}})"


def _costs(work: Path, size: int, table: Table) -> dict[str, Any]:
    """Run the stage `train` with each engine, in a session of its own."""
    root = work / "spark"
    shutil.rmtree(root, ignore_errors=True)
    fill_workspace(root, partial(write_ratings, count=size, movies=MOVIES))
    run_stage(root, "prepare", PROJECT)
    found = {}
    for word in ENGINES:
        used = _train(root, word)
        found[word] = asdict(used)
        note = f"{used.cpu_s:.1f} s of processor, {used.peak_mb:.0f} MB, load {os.getloadavg()[0]:.0f}"
        table.promise(f"{size:,} ratings by {word}, s", used.seconds, None, note)
    shutil.rmtree(root)
    return found


def _train(root: Path, engine: str) -> Used:
    environ = {"DATA_DIR": str(root), "TRAIN_ENGINE": engine, "SPARK_MASTER": MASTER}
    used, started = Used(), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "auto_deployment", "stage", "train"],
        cwd=PROJECT, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, used, over))
    watch.start()
    status = process.wait()
    over.set()
    watch.join()
    used.seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"the stage train by {engine} failed")
    return used


def _watch(session: int, used: Used, over: threading.Event) -> None:
    """Add up the processor time of all processes of a session, and keep the largest sum of their memory."""
    spent: dict[str, float] = {}
    while not over.wait(LOOK_S):
        memory = 0.0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session:
                spent[path.parent.name] = (int(fields[11]) + int(fields[12])) / TICKS
                memory += int(fields[21]) * PAGE_MB
        used.peak_mb = max(used.peak_mb, memory)
    used.cpu_s = sum(spent.values())
