"""`train`: fit a model on the segments, measure it, write it and its report, and make it the current one."""

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from auto_deployment.commands.report_files import write_report
from auto_deployment.config import Settings
from auto_deployment.host.revision import code_revision
from auto_deployment.local.layout import PROJECT
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.training.data import load_data
from auto_deployment.training.model_store import check_is_free, make_current, write_model
from auto_deployment.training.provenance import model_version
from auto_deployment.training.summary import describe
from auto_deployment.training.workflow import train_model


def configure(parser: argparse.ArgumentParser) -> None:
    """Take no arguments: what is trained on and how is in DATA_DIR and PARAMS_FILE."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Train and print what came of it; return 0."""
    metrics = train_and_publish(settings, datetime.now(UTC))
    folder = Paths(settings.data_dir)
    version = metrics["model"]["version"]
    sys.stdout.write(describe(metrics))
    sys.stdout.write(f"model    {folder.models / version} (now {folder.current_model})\n")
    sys.stdout.write(f"report   {folder.reports / version / 'report.html'}\n")
    return 0


def train_and_publish(settings: Settings, now: datetime) -> Mapping[str, Any]:
    """Train, write model and report, then make the model current: a current model always has its report."""
    paths = Paths(settings.data_dir)
    params = load_params(settings.params_file).training
    data = load_data(paths.segments, paths.catalog, params.prepare)
    check_is_free(paths, model_version(now, data.facts["hash"]))
    trained = train_model(data, params, now, code_revision(PROJECT, settings.code_revision))
    content_hash = write_model(paths, trained)
    model = {**trained.metrics["model"], "content_hash": content_hash}
    metrics = {**trained.metrics, "model": model}
    write_report(paths, metrics)
    make_current(paths, trained.version)
    return metrics
