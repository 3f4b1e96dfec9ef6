"""The paths of the stages of `dvc.yaml`, below one folder."""

import json
from pathlib import Path
from typing import Any

from auto_deployment.host.files import replace_text
from auto_deployment.host.layout import Below, Layout
from auto_deployment.training.errors import TrainingError


class Workspace(Layout):
    """One checkout's `data/`. What the cycle puts in comes first, then what each stage writes."""

    segments = Below("segments")
    catalog = Below("catalog")
    champion = Below("champion")  # the model that the challenger has to beat
    champion_facts = Below("champion.json")  # which one that is, and why; its version may be null: none
    parent = Below(
        "parent"
    )  # the model whose weights the challenger goes on from, or a note that there is none
    intake = Below("intake.json")  # what came in: segments left out, strong changes of the stream
    rejected = Below("rejected.json")  # content hashes of models that a release has rejected
    version = Below("version.json")  # name, time and code of the model to be packaged
    prepared = Below("prepared")
    candidate = Below("candidate")
    metrics = Below("metrics")
    model_metrics = Below("metrics", "model.json")
    metrics_summary = Below("metrics", "summary.json")
    data_profile = Below("metrics", "profile.json")
    systems = Below("metrics", "systems.csv")
    comparison = Below("metrics", "comparison.json")
    verdict = Below("gate")
    gate_result = Below("gate", "gate.json")
    gate_page = Below("gate", "gate.md")
    list_page = Below("gate", "lists.html")
    report = Below("report")
    report_page = Below("report", "report.html")
    model = Below("model")
    index = Below("index")


def read_json(path: Path) -> Any:
    """Read one of the flow's small files; raise `TrainingError` naming it."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TrainingError(f"{path} cannot be read ({reason}): run the stage that writes it.") from error


def write_json(path: Path, content: Any) -> None:
    """Write one of the flow's small files, whole or not at all; the same content gives the same bytes."""
    replace_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
