"""Training as one sentence: split, fit, measure, describe; and measuring again what was trained."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from app.artifact import Model
from app.recommender import Recommender
from auto_deployment.training.arrays import Bools
from auto_deployment.training.data import TrainingData
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate import evaluate
from auto_deployment.training.metrics import assemble_metrics, summarize
from auto_deployment.training.options import TrainingParams
from auto_deployment.training.provenance import Revision, library_versions, model_version
from auto_deployment.training.split import Split, split_by_time
from auto_deployment.training.train import Fitted, fit
from auto_deployment.training.trainset import make_trainset, movie_rows


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was measured and is not yet written."""

    fitted: Fitted
    details: Mapping[str, Any]  # of the manifest
    metrics: Mapping[str, Any]

    @property
    def version(self) -> str:
        return str(self.details["version"])


def train_model(data: TrainingData, params: TrainingParams, now: datetime, revision: Revision) -> Trained:
    """Fit a model on the older events and measure it on the later ones; raise `NotEnoughDataError`."""
    split = split_by_time(data.interactions, params.prepare)
    trainset = make_trainset(split.train)
    fitted = fit(trainset, data.movies, params.train)
    details = _details(data, split, fitted, params, now, revision)
    measured = evaluate(Recommender(fitted.as_model()), trainset, split.test, data.users, params)
    metrics = assemble_metrics(details, measured)
    return Trained(fitted, {**details, "metrics": summarize(metrics)}, metrics)


def measure_again(model: Model, data: TrainingData, params: TrainingParams) -> dict[str, Any]:
    """Measure a model on what the segments hold beside its training data.

    Held out is what the model has not seen; after one global cut, only what is later than that. Raises
    `TrainingError` when the segments no longer hold the training data.
    """
    is_train = _in_training(model, data.interactions)
    trainset = make_trainset(data.interactions[is_train])
    arrays = model.arrays
    if trainset.movie_ids != list(model.movies.ids) or len(trainset.users) != len(arrays["seen_items"]):
        raise TrainingError(
            f"The segments do not hold all that {model.version} was trained on: restore them, or train again."
        )
    is_test = ~is_train
    split = model.manifest["split"]
    if split["kind"] == "global":
        is_test &= (data.interactions["time"] >= pd.Timestamp(model.manifest["watermark"])).to_numpy()
    test = data.interactions[is_test]
    measured = evaluate(Recommender(model), trainset, test, data.users, params)
    details = {**model.manifest, "split": {**split, "test": len(test)}, "data": data.facts}
    return assemble_metrics(details, measured)


def _in_training(model: Model, interactions: pd.DataFrame) -> Bools:
    """Tell which interactions are among the model's seen (user, movie) pairs."""
    arrays = model.arrays
    movies = len(model.movies.ids)
    seen_users = np.repeat(np.arange(len(arrays["user_ids"])), np.diff(arrays["seen_indptr"]))
    seen = seen_users * movies + arrays["seen_items"]
    users = pd.Index(arrays["user_ids"]).get_indexer(pd.Index(interactions["user_id"]))
    rows = movie_rows(interactions["movie_id"], model.movies.ids)
    is_seen: Bools = (users >= 0) & (rows >= 0) & np.isin(users.astype(np.int64) * movies + rows, seen)
    return is_seen


def _details(
    data: TrainingData,
    split: Split,
    fitted: Fitted,
    params: TrainingParams,
    now: datetime,
    revision: Revision,
) -> dict[str, Any]:
    return {
        "version": model_version(now, data.facts["hash"]),
        "created_at": now.isoformat(timespec="seconds"),
        "kind": "full",
        "watermark": split.watermark.isoformat(),
        "split": {
            "kind": split.kind,
            "train": len(split.train),
            "test": len(split.test),
            "users_on_both_sides_of_one_cut": split.users_on_both_sides_of_one_cut,
        },
        "data": data.facts,
        "code_revision": revision.name,
        "code_is_dirty": revision.is_dirty,
        "parameters": asdict(params),
        "libraries": library_versions(),
        "scalars": fitted.scalars,
    }
