"""`evaluate`: measure a model again, on what the segments hold beside its training data."""

import argparse
import sys

from auto_deployment.config import Settings
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.report.model_files import write_report
from auto_deployment.training.model_store import open_model
from auto_deployment.training.prepare.data import load_data
from auto_deployment.training.summary import describe
from auto_deployment.training.workflow import measure_again


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", metavar="VERSION", help="a folder below DATA_DIR/models (default: the current)"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measure, write the report anew, print what came of it; return 0."""
    paths = Paths(settings.data_dir)
    params = load_params(settings.params_file).training
    model = open_model(paths, args.model)
    metrics = measure_again(model, load_data(paths.segments, paths.catalog, params.prepare), params)
    report = write_report(paths.reports, metrics)
    sys.stdout.write(describe(metrics))
    sys.stdout.write(f"report   {report}\n")
    return 0
