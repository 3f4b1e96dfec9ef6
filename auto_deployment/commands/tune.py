"""`tune`: search parameters on a validation part of the training data and print them for `params.yaml`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import yaml

from auto_deployment.config import Settings
from auto_deployment.host.files import replace_text
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.training.params import TrainParams
from auto_deployment.training.prepare.data import load_data
from auto_deployment.training.tune.search import Stage
from auto_deployment.training.tune.tune import tune


def configure(parser: argparse.ArgumentParser) -> None:
    """Take no arguments: the search starts from the values in PARAMS_FILE."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Search, write what was tried, print the parameters; `params.yaml` itself is left to a person."""
    paths = Paths(settings.data_dir)
    params = load_params(settings.params_file).training
    best, stages = tune(load_data(paths.segments, paths.catalog, params.prepare), params)
    name = f"tune-{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    write_search(paths.reports / name, best, stages)
    text = yaml.safe_dump({"training": {"train": asdict(best)}}, sort_keys=False)
    sys.stdout.write(f"# best on the validation part; everything tried is in {paths.reports / name}\n{text}")
    return 0


def write_search(path: Path, best: TrainParams, stages: Sequence[Stage]) -> None:
    content = {"best": asdict(best), "tried": {stage.name: stage.tried for stage in stages}}
    replace_text(path, json.dumps(content, indent=1) + "\n")
