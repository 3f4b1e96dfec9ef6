"""Training from end to end: split, fit, measure, describe; and measuring a model again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from app.artifact import Model
from app.recommender import Recommender
from auto_deployment.host.revision import Revision
from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate.evaluate import evaluate
from auto_deployment.training.evaluate.metrics import assemble_metrics, summarize
from auto_deployment.training.evaluate.recent import measure_recent
from auto_deployment.training.evaluate.seen import is_in_training
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.prepare.split import Split, describe_split, split_by_time
from auto_deployment.training.provenance import model_version
from auto_deployment.training.train.engines.local import LOCAL
from auto_deployment.training.train.engines.port import Engine
from auto_deployment.training.train.fit import Fitted, describe_fit, fit
from auto_deployment.training.train.trainset import make_trainset


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was measured and is not yet written."""

    fitted: Fitted
    details: Mapping[str, Any]  # of the manifest
    metrics: Mapping[str, Any]

    @property
    def version(self) -> str:
        return str(self.details["version"])


def train_model(
    data: TrainingData,
    params: TrainingParams,
    now: datetime,
    revision: Revision,
    engine: Engine = LOCAL,
) -> Trained:
    """Fit a model on the older events and measure it on the later ones; raise `NotEnoughDataError`."""
    split = split_by_time(data.interactions, params.prepare)
    trainset = make_trainset(split.train)
    fitted = fit(trainset, data.movies, params, split.kind, engine)
    details = {**_details(data, split, fitted, params, now, revision), **engine.describe()}
    measured = evaluate(Recommender(fitted.as_model()), trainset, split.test, data.users, params)
    measured["recent"] = measure_recent(details, split.train, split.test, params)
    metrics = assemble_metrics(details, measured)
    return Trained(fitted, {**details, "metrics": summarize(metrics)}, metrics)


def measure_again(model: Model, data: TrainingData, params: TrainingParams) -> dict[str, Any]:
    """Measure a model on what the segments hold beside its training data.

    Held out is what the model has not seen; after one global cut, only what is later than that. Raises
    `TrainingError` when the segments no longer hold the training data.
    """
    is_train = is_in_training(model, data.interactions)
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
    measured["recent"] = measure_recent(model.manifest, data.interactions[is_train], test, params)
    details = {**model.manifest, "split": {**split, "test": len(test)}, "data": data.facts}
    return assemble_metrics(details, measured)


def _details(
    data: TrainingData,
    split: Split,
    fitted: Fitted,
    params: TrainingParams,
    now: datetime,
    revision: Revision,
) -> dict[str, Any]:
    return {
        **describe_version(model_version(now, data.facts["hash"]), now, revision),
        **describe_split(split),
        "data": data.facts,
        **describe_fit(fitted, params),
    }


def describe_version(version: str, now: datetime, revision: Revision) -> dict[str, Any]:
    """Return what a manifest says about when and by which code a model was made."""
    return {
        "version": version,
        "created_at": now.isoformat(timespec="seconds"),
        "kind": "full",
        "code_revision": revision.name,
        "code_is_dirty": revision.is_dirty,
    }
