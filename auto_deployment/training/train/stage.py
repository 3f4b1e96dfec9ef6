"""The stage `train`: fit both models and write them as an artefact without a name."""

from auto_deployment.training.errors import TrainingError
from auto_deployment.training.model_folder import save_anew
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.prepared import read_prepared
from auto_deployment.training.train.continued.fit import describe_start, fit_onwards
from auto_deployment.training.train.continued.parent import match, open_parent
from auto_deployment.training.train.engines.local import LOCAL
from auto_deployment.training.train.engines.port import Engine
from auto_deployment.training.train.fit import describe_fit, fit
from auto_deployment.training.train.trainset import make_trainset
from auto_deployment.training.workspace import Workspace

UNNAMED = "candidate"  # a model is named when it is packaged: its content must not depend on the hour


def run(workspace: Workspace, params: TrainingParams, engine: Engine = LOCAL) -> str:
    """Write the candidate; return the beginning of its content's hash.

    It goes on from the weights in the folder `parent` where there are some.
    """
    prepared = read_prepared(workspace.prepared)
    trainset, kind = make_trainset(prepared.train), prepared.facts["split"]["kind"]
    details = {"version": UNNAMED, **prepared.facts}
    if (model := open_parent(workspace.parent)) is None:
        fitted = fit(trainset, prepared.movies, params, kind, engine)
    elif not engine.continues:
        raise TrainingError(
            "This engine cannot go on from another model's weights: set TRAIN_ENGINE to local, or train from "
            "nothing, with `marquee retrain`."
        )
    else:
        parent = match(model, prepared, trainset, params)
        fitted = fit_onwards(trainset, prepared.movies, params, parent)
        details |= describe_start(parent)
    details |= {**describe_fit(fitted, params), **engine.describe()}
    manifest = save_anew(workspace.candidate, fitted.arrays, fitted.movies, details)
    return f"Content {manifest['content_hash'][:12]}"
