"""One training on the data of DATA_DIR: a model, its report, and the current model from then on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auto_deployment.config import Settings
from auto_deployment.host.revision import code_revision
from auto_deployment.params import Params, load_params
from auto_deployment.paths import PROJECT, Paths
from auto_deployment.report.model_files import write_report
from auto_deployment.training.model_store import check_is_free, make_current, write_model
from auto_deployment.training.prepare.data import load_data
from auto_deployment.training.provenance import model_version
from auto_deployment.training.summary import describe
from auto_deployment.training.train.engines.chosen import engine_of
from auto_deployment.training.train.engines.port import Engine
from auto_deployment.training.workflow import train_model


def train_and_publish(settings: Settings, now: datetime) -> Mapping[str, Any]:
    """Train, write model and report, then make the model current: a current model always has its report.

    Returns the metrics; raises `TrainingError` or what else keeps a model from being made.
    """
    paths = Paths(settings.data_dir)
    all_params = load_params(settings.params_file)
    params, engine = all_params.training, _engine(settings, all_params)
    data = load_data(paths.segments, paths.catalog, params.prepare)
    check_is_free(paths, model_version(now, data.facts["hash"]))
    trained = train_model(data, params, now, code_revision(PROJECT, settings.code_revision), engine)
    fitted = trained.fitted
    content_hash = write_model(paths, fitted.arrays, fitted.movies, trained.details)
    model = {**trained.metrics["model"], "content_hash": content_hash}
    metrics = {**trained.metrics, "model": model}
    write_report(paths.reports, metrics)
    make_current(paths, trained.version)
    return metrics


def _engine(settings: Settings, params: Params) -> Engine:
    how = settings.engine
    return engine_of(how.engine, how.spark_master, how.spark_driver_host, params.spark)


def describe_trained(metrics: Mapping[str, Any], paths: Paths) -> str:
    """Return what came of a training, and where it is, as lines for a person."""
    version = metrics["model"]["version"]
    model = f"model    {paths.models / version} (now {paths.current_model})\n"
    return f"{describe(metrics)}{model}report   {paths.reports / version / 'report.html'}\n"
