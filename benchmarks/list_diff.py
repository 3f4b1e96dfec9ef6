"""How much lists differ between honest successive models, and between an honest one and a broken one.

The limits of `gate.lists` in `params.yaml` lie between the two: docs/training.md has the table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.artifact import Model
from app.recommender import PERSONAL, Answer, Recommender
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.simulate.demo import write_demo
from auto_deployment.training.gate.lists.difference import compare_lists
from auto_deployment.training.gate.lists.limits import hold_lists
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.data import TrainingData, load_data
from auto_deployment.training.prepare.split import split_by_time
from auto_deployment.training.train.fit import fit
from auto_deployment.training.train.trainset import make_trainset
from benchmarks.report import Table
from benchmarks.retraining import MOVIELENS, fill_apart, import_movielens
from tests.support.project import PROJECT

PARAMS = load_params(PROJECT / "params.yaml")
SEED = PARAMS.training.train.seed


@dataclass(frozen=True, slots=True)
class Case:
    """Two models, and whether a person should look at what the second one shows."""

    name: str
    champion: Recommender
    challenger: Recommender
    is_broken: bool = False


class Spoilt(Recommender):
    """A model whose answers are something else."""

    def __init__(self, model: Model, answer: Callable[[Recommender, int, int], list[int]]) -> None:
        super().__init__(model)
        self._honest, self._answer = Recommender(model), answer

    def recommend(self, user_id: int, n: int = 20, *_: Any) -> Answer:
        return Answer(self._answer(self._honest, user_id, n), PERSONAL)


def measure(work: Path, table: Table) -> dict[str, Any]:
    """Print a row for each pair of models; every honest one has to stay within the limits, no other."""
    table.line(
        "| champion and candidate | overlap@20 | RBO | unchanged | popularity | genres | titles | ends in |"
    )
    table.line("|---|---|---|---|---|---|---|---|")
    found = {case.name: _row(case, table) for case in _cases(work)}
    wrong = [name for name, (broken, review, _) in found.items() if broken != review]
    table.promise("pairs on the wrong side of the limits", len(wrong), 0, at_most=True)
    return {"wrong": wrong, "pairs": {name: figures for name, (*_, figures) in found.items()}}


def _row(case: Case, table: Table) -> tuple[bool, bool, dict[str, Any]]:
    params = PARAMS.gate.lists
    found = compare_lists(case.champion, case.challenger, params.users, SEED).found
    checks = hold_lists(found, params)
    shift = found.popularity.challenger - found.popularity.champion
    beyond = [check.name.removeprefix("list_") for check in checks if not check.passed]
    cells = (
        case.name, f"{found.overlap:.3f}", f"{found.rbo:.3f}", f"{found.unchanged:.1%}", f"{shift:+.2f}",
        f"{found.genre_distance:.3f}", f"{found.shown.champion:.0f}, {found.shown.challenger:.0f}",
        f"review: {', '.join(beyond)}" if beyond else "no review",
    )  # fmt: skip
    table.line(f"| {' | '.join(cells)} |")
    return case.is_broken, bool(beyond), found.to_json()


def _cases(work: Path) -> Iterator[Case]:
    yield from _demo(work)
    yield from _busy(work)
    if MOVIELENS.exists():
        yield from _movielens(work)


def _demo(work: Path) -> Iterator[Case]:
    data = _simulated(work, "demo")
    last = _fitted(data, 90)
    yield Case("demo, the same model twice", last, last)
    for before, now in ((2, 4), (4, 6), (10, 12), (30, 32), (86, 88), (88, 90)):
        yield Case(f"demo, day {before} and day {now}", _fitted(data, before), _fitted(data, now))
    for before in (45, 80):
        yield Case(f"demo, day {before} and day 90", _fitted(data, before), last)
    for name, params in _other_params():
        yield Case(f"demo, day 90, {name}", last, _fitted(data, 90, params))
    yield from _broken("demo, day 90", last, _fitted(data, 88))


def _other_params() -> Iterator[tuple[str, TrainingParams]]:
    params = PARAMS.training
    train = params.train
    for name, changed in (
        ("another seed", {"seed": 7}),
        ("32 factors in place of 64", {"als": replace(train.als, factors=32)}),
        ("half as regularised", {"als": replace(train.als, regularization=train.als.regularization / 2)}),
        ("popularity of a day", {"popularity": replace(train.popularity, half_life_days=1)}),
        ("ratings count linearly", {"rating_power": 1.0}),
    ):
        yield name, replace(params, train=replace(train, **changed))


def _busy(work: Path) -> Iterator[Case]:
    data = _simulated(work, "busy", users=20_000, days=20)
    before, now = _fitted(data, 18), _fitted(data, 20)
    yield Case("20,000 users, day 18 and day 20", before, now)
    yield from _broken("20,000 users, day 20", now, before)


def _movielens(work: Path) -> Iterator[Case]:
    root = work / "list-diff-movielens"
    fill_apart(root, import_movielens)
    paths = Paths(root)
    data = load_data(paths.segments, paths.catalog, PARAMS.training.prepare)
    times = data.interactions["time"].sort_values()
    whole = _fit(data, data.interactions, PARAMS.training)
    for share in (0.98, 0.9, 0.5):
        cut = times.iloc[int(share * len(times))]
        older = _fit(data, data.interactions[data.interactions["time"] < cut], PARAMS.training)
        yield Case(f"MovieLens, the first {share:.0%} and all", older, whole)
    halves = [data.interactions[data.interactions["user_id"] % 2 == one] for one in (0, 1)]
    half = _fit(data, halves[0], PARAMS.training)
    yield Case("MovieLens, every second user and all", half, whole)
    yield Case("MovieLens, two halves of the users", half, _fit(data, halves[1], PARAMS.training), True)
    yield from _broken("MovieLens", whole, whole)


def _broken(name: str, champion: Recommender, honest: Recommender) -> Iterator[Case]:
    rng = np.random.default_rng(1)
    users = honest.model.arrays["user_ids"]
    mask = honest.model.arrays["genre_mask"]
    genres = honest.model.movies.genres
    shown = np.bincount(
        [row for user in users[:500].tolist() for row in honest.recommend(user).rows], minlength=mask.shape[1]
    )
    first, second = map(int, np.argsort(-(mask @ shown))[:2])
    without = [honest.movie_ids[row] for row in np.flatnonzero(mask[first]).tolist()]
    spoilt: dict[str, Callable[[Recommender, int, int], list[int]]] = {
        "random lists": lambda _, user, n: rng.permutation(mask.shape[1])[:n].tolist(),
        "popularity alone": lambda one, user, n: one.popular(n, user_row=one.user_row(user)).rows,
        "everybody has a neighbour's list": lambda one, user, n: one.recommend(_next(users, user), n).rows,
        f"without {genres[first]}": lambda one, user, n: one.recommend(user, n, without).rows,
        f"{genres[second]} alone": lambda one, user, n: one.recommend(user, n, genre=genres[second]).rows,
    }
    for how, answer in spoilt.items():
        yield Case(f"{name}: {how}", champion, Spoilt(honest.model, answer), True)


def _next(users: Any, user: int) -> int:
    return int(users[(np.searchsorted(users, user) + 1) % len(users)])


def _simulated(work: Path, name: str, **changes: Any) -> TrainingData:
    paths = Paths(work / f"list-diff-{name}")
    write_demo(replace(PARAMS.simulate, **changes), (1, 5), paths)
    return load_data(paths.segments, paths.catalog, PARAMS.training.prepare)


def _fitted(data: TrainingData, days: int, params: TrainingParams = PARAMS.training) -> Recommender:
    events = data.interactions
    cut = events["time"].min().floor("D") + pd.Timedelta(days=days)
    return _fit(data, events[events["time"] < cut], params)


def _fit(data: TrainingData, events: pd.DataFrame, params: TrainingParams) -> Recommender:
    split = split_by_time(events, params.prepare)
    return Recommender(fit(make_trainset(split.train), data.movies, params, split.kind).as_model())
