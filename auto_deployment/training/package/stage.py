"""The stage `package`: give the candidate its name, provenance and verdict."""

from collections.abc import Mapping
from typing import Any

from auto_deployment.training.errors import TrainingError
from auto_deployment.training.evaluate.metrics import MODEL_FIELDS
from auto_deployment.training.model_folder import open_folder, save_anew
from auto_deployment.training.workspace import Workspace, read_json


def run(workspace: Workspace) -> Mapping[str, Any]:
    """Write the model; return its metrics under its name."""
    model = open_folder(workspace.candidate)
    details = {
        name: value for name, value in model.manifest.items() if name not in ("format", "files", "seal")
    }
    details |= read_json(workspace.version)
    details["metrics"] = read_json(workspace.metrics_summary)
    details["gate"] = read_json(workspace.gate_result)
    details["champion"] = read_json(workspace.champion_facts)
    manifest = save_anew(workspace.model, model.arrays, model.movies, details)
    if manifest["content_hash"] != model.content_hash:
        raise TrainingError(
            f"{workspace.model} differs from the measured candidate: run the stage train again."
        )
    metrics = read_json(workspace.model_metrics)
    return {**metrics, "model": {name: manifest.get(name) for name in MODEL_FIELDS}}
