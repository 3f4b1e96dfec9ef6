"""The model to go on from: whether that makes sense at all, and which of its rows are whose now."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.artifact import Model
from app.model_format import FORMAT
from auto_deployment.dataset.arrays import IndexArray
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate.seen import is_in_training
from auto_deployment.training.model_folder import open_folder
from auto_deployment.training.params import TrainingParams, TrainParams
from auto_deployment.training.prepare.prepared import Prepared
from auto_deployment.training.train.choose.choice import Choice, read_choice
from auto_deployment.training.train.trainset import Trainset

NOBODY = "none"  # the file that stands in the folder in place of a model
INSTEAD = "train from nothing, with `marquee retrain`"
NAMED = 3  # of many differences


@dataclass(frozen=True, slots=True)
class Parent:
    """A model, what it chose, and for each of our users (U,) and movies (M,) its row there, -1 for new ones.

    `round` counts how many models went on one from the other, ours included.
    """

    model: Model
    choice: Choice
    users: IndexArray
    movies: IndexArray
    round: int


class CannotContinueError(TrainingError):
    """Another model's weights are of no use here."""

    def __init__(self, model: Model, why: str) -> None:
        super().__init__(f"{model.version} cannot be continued, {why}: {INSTEAD}.")


def open_parent(folder: Path) -> Model | None:
    """Open what is in the folder; None where nothing is. Raises `TrainingError` for a damaged model."""
    if not folder.exists() or (folder / NOBODY).exists():
        return None
    try:
        return open_folder(folder)
    except TrainingError as error:
        raise TrainingError(f"The model to continue from cannot be used ({error}): {INSTEAD}.") from error


def match(model: Model, prepared: Prepared, trainset: Trainset, params: TrainingParams) -> Parent:
    """Find users and movies in it; raise `CannotContinueError` where its weights do not fit."""
    manifest, how = model.manifest, params.train
    if other := manifest.get("engine"):
        raise CannotContinueError(model, f"it was computed by {other['name']}")
    if manifest["format"] != FORMAT:
        raise CannotContinueError(model, f"its format is {manifest['format']} and not {FORMAT}")
    _check_parameters(model, params)
    _check_dimensions(model, how)
    so_far = int((manifest.get("continued") or {}).get("round", 0))
    if so_far >= how.continued.rounds_max:
        raise CannotContinueError(model, f"{so_far} models have gone on one from the other already")
    kinds = manifest["split"]["kind"], prepared.facts["split"]["kind"]
    if kinds[0] != kinds[1]:
        raise CannotContinueError(model, f"its data was split otherwise ({kinds[0]}, now {kinds[1]})")
    _check_held_out(model, prepared.test, how.continued.learnt_max)
    movies = pd.Index(model.movies.ids).get_indexer(pd.Index(trainset.movie_ids))
    _check_movies(model, movies, trainset, how.continued.known_min)
    return Parent(model, read_choice(manifest["choice"]), _user_rows(model, trainset), movies, so_far + 1)


def _check_parameters(model: Model, params: TrainingParams) -> None:
    said = model.manifest.get("parameters") or {}
    now = json.loads(json.dumps(asdict(params)))
    different = [
        name for part in ("prepare", "train") for name in _different(said.get(part), now[part], f"{part}.")
    ]
    if different:
        more = f" and {len(different) - NAMED} more" if len(different) > NAMED else ""
        raise CannotContinueError(model, f"its parameters differ in {', '.join(different[:NAMED])}{more}")


def _different(said: Any, now: Any, above: str) -> Iterator[str]:
    """Yield where parameters differ; how going on is done makes no other model."""
    if not isinstance(said, Mapping) or not isinstance(now, Mapping):
        if said != now:
            yield f"{above[:-1]} ({_short(said)}, now {_short(now)})"
        return
    for name in sorted({*said, *now}):
        if f"{above}{name}" != "train.continued":
            yield from _different(said.get(name), now.get(name), f"{above}{name}.")


def _short(value: Any) -> str:
    return "not there" if value is None else "others" if isinstance(value, Mapping) else f"{value}"


def _check_dimensions(model: Model, params: TrainParams) -> None:
    ranking = int(model.manifest["scalars"]["rank_factors"])
    found = ranking, model.arrays["user_factors"].shape[1] - ranking
    wanted = params.als.factors, params.svd.factors + params.bayesian.factors
    if found != wanted:
        said = f"it has {found[0]} and {found[1]} factors, not {wanted[0]} and {wanted[1]}"
        raise CannotContinueError(model, said)


def _check_held_out(model: Model, test: pd.DataFrame, limit: float) -> None:
    """Refuse what would be measured on events that it has learnt from."""
    share = float(is_in_training(model, test).mean()) if len(test) else 0.0
    if share > limit:
        raise CannotContinueError(
            model, f"it has learnt from {share:.1%} of the events held out now, more than {limit:.1%}"
        )


def _check_movies(model: Model, rows: IndexArray, trainset: Trainset, least: float) -> None:
    still_there = int((rows >= 0).sum()) / max(len(model.movies.ids), 1)
    known = float((rows[trainset.movies] >= 0).mean())
    for share, of_what in (
        (still_there, "of its movies are in the data"),
        (known, "of the events are of movies that it knows"),
    ):
        if share < least:
            raise CannotContinueError(model, f"only {share:.1%} {of_what}, less than {least:.1%}")


def _user_rows(model: Model, trainset: Trainset) -> IndexArray:
    known = model.arrays["user_ids"]
    place = np.minimum(np.searchsorted(known, trainset.user_ids), max(len(known) - 1, 0))
    rows: IndexArray = np.where(known[place] == trainset.user_ids, place, -1)
    return rows
