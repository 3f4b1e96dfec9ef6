"""What recent events are worth in lists, on the demo's data and on MovieLens: docs/training.md has the table.

`python -m benchmarks recent-lists` trains as the stages do, without predicted ratings.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.report.model_sentences import number
from auto_deployment.simulate.demo import write_demo
from auto_deployment.training.evaluate.recent import measure_recent
from auto_deployment.training.prepare.data import TrainingData, load_data
from auto_deployment.training.prepare.split import describe_split, split_by_time
from auto_deployment.training.train.choose.choice import describe_choice
from auto_deployment.training.train.choose.choose import choose
from auto_deployment.training.train.trainset import make_trainset
from benchmarks.report import Table
from benchmarks.retraining import MOVIELENS, fill_apart, import_movielens
from tests.support.project import PROJECT

PARAMS = load_params(PROJECT / "params.yaml")


def measure(work: Path, table: Table) -> dict[str, Any]:
    """Print a row for known users and for each number of events of new ones."""
    table.line(
        "| data | who | users | popularity | stale, or own from 1 event | served | ratio | difference |"
    )
    table.line("|---|---|---|---|---|---|---|---|")
    found = {}
    for name, data in sources(work):
        found[name] = _of(data)
        for row in _rows(name, found[name]):
            table.line(row)
        choice = found[name]["choice"]
        table.line(
            f"{name}: own lists from {choice['own_list_events']} events on, with popularity beside 1 of "
            f"{choice['own_popular_weights']}"
        )
    return found


def sources(work: Path) -> Iterator[tuple[str, TrainingData]]:
    paths = Paths(work / "recent-lists" / "demo")
    write_demo(PARAMS.simulate, (1, 5), paths)
    yield "demo", load_data(paths.segments, paths.catalog, PARAMS.training.prepare)
    if MOVIELENS.is_dir():
        root = work / "recent-lists" / "movielens"
        fill_apart(root, import_movielens)
        paths = Paths(root)
        yield "MovieLens", load_data(paths.segments, paths.catalog, PARAMS.training.prepare)


def _of(data: TrainingData) -> dict[str, Any]:
    how = PARAMS.training
    split = split_by_time(data.interactions, how.prepare)
    choice, tried = choose(make_trainset(split.train), split.kind, how.prepare, how.train)
    details = {**describe_split(split), "choice": describe_choice(choice)}
    found = measure_recent(details, split.train, split.test, how)
    return {**found, "choice": details["choice"], "tried": tried["own_lists"]}


def _rows(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    known = found["known"]
    yield _row(name, "known", known, ("popularity", "stale", "recent"), "recent", "stale")
    for new in found["new"]:
        who = f"new, {new['events']} events"
        yield _row(name, who, new, ("popularity", "own", "served"), "served", "popularity")


def _row(name: str, who: str, found: Mapping[str, Any], shown: tuple[str, ...], one: str, other: str) -> str:
    if "served" not in found and "recent" not in found:
        return f"| {name} | {who} | {found['users']} | too few | | | | |"
    values = [number(found[system]) for system in shown]
    ratio, difference = number(found[f"{one}_over_{other}"], 2), number(found[f"{one}_minus_{other}"], 3, "+")
    return " | ".join([f"| {name}", who, str(found["users"]), *values, ratio, f"{difference} |"])
