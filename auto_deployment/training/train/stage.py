"""The stage `train`: fit both models and write them as an artefact without a name."""

from auto_deployment.training.model_folder import save_anew
from auto_deployment.training.params import TrainingParams
from auto_deployment.training.prepare.prepared import read_prepared
from auto_deployment.training.train.fit import describe_fit, fit
from auto_deployment.training.train.trainset import make_trainset
from auto_deployment.training.workspace import Workspace

UNNAMED = "candidate"  # a model is named when it is packaged: its content must not depend on the hour


def run(workspace: Workspace, params: TrainingParams) -> str:
    """Write the candidate; return the beginning of its content's hash."""
    prepared = read_prepared(workspace.prepared)
    fitted = fit(make_trainset(prepared.train), prepared.movies, params, prepared.facts["split"]["kind"])
    details = {"version": UNNAMED, **prepared.facts, **describe_fit(fitted, params)}
    manifest = save_anew(workspace.candidate, fitted.arrays, fitted.movies, details)
    return f"Content {manifest['content_hash'][:12]}"
