"""Going on from the last weights beside training from nothing: lists and ratings over rounds, and time."""

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.artifact import Model
from app.model_format import FORMAT
from app.recommender import Recommender
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.training.evaluate.compare import Pair, compare
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.data import TrainingData, load_data
from auto_deployment.training.prepare.prepared import Prepared
from auto_deployment.training.prepare.split import describe_split, split_by_time
from auto_deployment.training.train.continued.fit import describe_start, fit_onwards
from auto_deployment.training.train.continued.parent import match
from auto_deployment.training.train.fit import Fitted, describe_fit, fit
from auto_deployment.training.train.trainset import make_trainset
from benchmarks.made_ratings import DAYS, write_ratings
from benchmarks.report import Table
from benchmarks.retraining import MOVIELENS, MOVIES, fill_apart, import_movielens
from benchmarks.retraining_sides import Side, run_cycle
from tests.support.project import PROJECT

NEW_SHARE = 0.05  # of the events before, in each round
ROUNDS = 10
MADE = 100_000
LARGE = 500_000
FASTER = 3.0
LOSS_MAX = 0.003
PARTS = ("movielens", "made", "fit", "cycle")


@dataclass(frozen=True, slots=True)
class Made:
    """A model and what its fit took, by the wall and of all processors."""

    model: Model
    seconds: float
    cpu_s: float


def without_limit(params: TrainingParams) -> TrainingParams:
    """Let models go on from each other for as many rounds as are measured here."""
    continued = replace(params.train.continued, rounds_max=ROUNDS)
    return replace(params, train=replace(params.train, continued=continued))


def first_events(data: TrainingData, count: int) -> pd.DataFrame:
    """Return the oldest interactions, in the order of all."""
    oldest = np.sort(np.argsort(data.interactions["time"].to_numpy(), kind="stable")[:count])
    return data.interactions.iloc[oldest]


def prepared_of(data: TrainingData, count: int, params: TrainingParams) -> Prepared:
    split = split_by_time(first_events(data, count), params.prepare)
    return Prepared(split.train, split.test, data.movies, data.users, describe_split(split))


def made(prepared: Prepared, params: TrainingParams, parent: Model | None) -> Made:
    """Fit from nothing, or go on from a model."""
    trainset, details = make_trainset(prepared.train), dict(prepared.facts)
    before, started = cpu(), time.perf_counter()
    if parent is None:
        fitted = fit(trainset, prepared.movies, params, prepared.facts["split"]["kind"])
    else:
        found = match(parent, prepared, trainset, params)
        fitted = fit_onwards(trainset, prepared.movies, params, found)
        details |= describe_start(found)
    seconds, spent = time.perf_counter() - started, cpu() - before
    return Made(as_model(fitted, params, details), seconds, spent)


def as_model(fitted: Fitted, params: TrainingParams, details: dict[str, Any]) -> Model:
    """Return the model with the manifest that it would have."""
    manifest = {"format": FORMAT, "version": "bench", "content_hash": "", **details}
    plain = {**manifest, **describe_fit(fitted, params)}
    plain["parameters"] = _plain(asdict(params))
    return Model(plain, fitted.arrays, fitted.movies)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def cpu() -> float:
    """Return the seconds of processor of this process and of those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def rounds(data: TrainingData, params: TrainingParams, count: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """Yield what each round finds: one goes on from the round before, one is from nothing."""
    total = len(data.interactions)
    sizes = [round(total / (1 + NEW_SHARE) ** (count - one)) for one in range(count + 1)]
    last = made(prepared_of(data, sizes[0], params), params, None).model
    for number, size in enumerate(sizes[1:], 1):
        prepared = prepared_of(data, size, params)
        onwards, anew = made(prepared, params, last), made(prepared, params, None)
        last = onwards.model
        found = compare(
            Pair(Recommender(last), Recommender(anew.model)), prepared.test, prepared.users, params
        )
        yield {
            "round": number,
            "events": size,
            "split": prepared.facts["split"]["kind"],
            "users": found["ranking"]["users"],
            "ndcg": found["ranking"],
            "rating": found["rating"],
            "seconds": {"anew": anew.seconds, "onwards": onwards.seconds},
            "cpu_s": {"anew": anew.cpu_s, "onwards": onwards.cpu_s},
        }


def measure(work: Path, table: Table, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """Print a table of rounds for each data set, then what a fit and a whole cycle take both ways."""
    params = without_limit(load_params(PROJECT / "params.yaml").training)
    results: dict[str, Any] = {}
    for part in parts:
        root = work / f"continuing-{part}"
        if part == "movielens" and MOVIELENS.exists():
            results[part] = _rounds(root, "MovieLens", import_movielens, params, table)
        if part == "made":
            fill = partial(write_ratings, count=MADE, movies=MOVIES)
            results[part] = _rounds(root, f"{MADE:,} made", fill, params, table)
        if part == "fit":
            results[part] = _fits(root, params, table)
        if part == "cycle":
            results[part] = _cycles(root, table)
        shutil.rmtree(root, ignore_errors=True)
    return results


def _rounds(
    root: Path, name: str, fill: Callable[[Paths], None], params: TrainingParams, table: Table
) -> list[dict[str, Any]]:
    data = _filled(root, fill, params)
    table.line("| data | round | users | NDCG@10 from nothing | continued | difference | RMSE ratio | load |")
    table.line("|---|---|---|---|---|---|---|---|")
    found = []
    for one in rounds(data, params):
        found.append(one)
        table.line(f"| {name} | {' | '.join(_cells(one))} | {os.getloadavg()[0]:.0f} |")
    loss = max(-one["ndcg"]["difference"]["value"] for one in found)
    table.promise(f"{name}: NDCG@10 lost in the worst round", loss, LOSS_MAX, at_most=True)
    faster = [one["cpu_s"]["anew"] / one["cpu_s"]["onwards"] for one in found]
    table.promise(f"{name}: seconds of processor of a fit, times fewer", statistics.median(faster), FASTER)
    return found


def _cells(one: dict[str, Any]) -> list[str]:
    ndcg = one["ndcg"]
    return [
        f"{one['round']}",
        f"{one['users']:,}",
        f"{ndcg['champion']['value']:.4f}",
        f"{ndcg['challenger']['value']:.4f}",
        _interval(ndcg["difference"], "+.4f"),
        _interval(one["rating"]["ratio"], ".4f"),
    ]


def _interval(found: dict[str, float], form: str) -> str:
    return f"{found['value']:{form}} ({found['low']:{form}} to {found['high']:{form}})"


def _filled(root: Path, fill: Callable[[Paths], None], params: TrainingParams) -> TrainingData:
    shutil.rmtree(root, ignore_errors=True)
    fill_apart(root, fill)
    paths = Paths(root)
    return load_data(paths.segments, paths.catalog, params.prepare)


def _fits(root: Path, params: TrainingParams, table: Table, turns: int = 1) -> dict[str, Any]:
    """Fit 5 % more events both ways, in turn."""
    data = _filled(root, partial(write_ratings, count=LARGE, movies=MOVIES), params)
    total = len(data.interactions)
    before = prepared_of(data, round(total / (1 + NEW_SHARE)), params)
    parent = made(before, params, None).model
    prepared = prepared_of(data, total, params)
    spent: dict[str, list[Made]] = {"anew": [], "onwards": []}
    for _ in range(turns):
        spent["anew"].append(made(prepared, params, None))
        spent["onwards"].append(made(prepared, params, parent))
    found = {
        name: {
            "seconds": statistics.median(one.seconds for one in fits),
            "cpu_s": statistics.median(one.cpu_s for one in fits),
        }
        for name, fits in spent.items()
    }
    _compare(table, f"a fit to {total:,} ratings, {NEW_SHARE:.0%} of them new", found, FASTER)
    return found


def _compare(table: Table, what: str, found: dict[str, dict[str, float]], promised: float | None) -> None:
    anew, onwards = found["anew"], found["onwards"]
    load = f"load {os.getloadavg()[0]:.0f}"
    for unit, name in (("seconds", "by the wall"), ("cpu_s", "of processor")):
        note = f"{anew[unit]:.1f} / {onwards[unit]:.1f} s {name}, {load}"
        table.promise(f"{what}: times faster {name}", anew[unit] / onwards[unit], promised, note)


def _cycles(root: Path, table: Table) -> dict[str, Any]:
    """Run a first cycle, then let new ratings come in, and run the next one both ways from the same state."""
    begin, both = root / "begin", {"anew": root / "anew", "onwards": root / "onwards"}
    shutil.rmtree(root, ignore_errors=True)
    cut = round(DAYS * 1440 / (1 + NEW_SHARE))
    fill_apart(begin, partial(write_ratings, count=LARGE, movies=MOVIES, minutes=range(cut)))
    run_cycle(Side(PROJECT, begin))
    later = partial(write_ratings, count=LARGE, movies=MOVIES, minutes=range(cut, DAYS * 1440))
    found = {}
    for name, folder in both.items():
        shutil.copytree(begin, folder, symlinks=True)
        fill_apart(folder, later)
        words = ("--continue-from", "champion") if name == "onwards" else ()
        one = run_cycle(Side(PROJECT, folder), *words)
        found[name] = {"seconds": one.seconds, "cpu_s": one.cpu_s}
    _compare(table, "a cycle with a champion", found, None)
    return found
