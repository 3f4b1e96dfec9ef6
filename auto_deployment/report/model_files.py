"""Write a model's `metrics.json` and `report.html`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auto_deployment.host.files import replace_text
from auto_deployment.report.model_page import render_model_report


def write_report(reports: Path, metrics: Mapping[str, Any]) -> Path:
    """Write both files, replacing older ones of the same model, and return where the report is."""
    folder = reports / str(metrics["model"]["version"])
    report = folder / "report.html"
    plain = json.loads(json.dumps(metrics, allow_nan=False))
    replace_text(folder / "metrics.json", json.dumps(plain, indent=1) + "\n")
    write_page(report, plain)
    return report


def write_page(path: Path, metrics: Mapping[str, Any]) -> None:
    """Write the report of a model for people; `metrics` as read from `metrics.json`."""
    replace_text(path, render_model_report(metrics))
