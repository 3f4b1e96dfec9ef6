"""`train`: fit a model on the segments, measure it, write it and its report, and make it the current one."""

import argparse
import sys
from datetime import UTC, datetime

from auto_deployment.config import Settings
from auto_deployment.local.train import describe_trained, train_and_publish
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    """Take no arguments: what is trained on and how is in DATA_DIR and PARAMS_FILE."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Train and print what came of it; return 0."""
    metrics = train_and_publish(settings, datetime.now(UTC))
    sys.stdout.write(describe_trained(metrics, Paths(settings.data_dir)))
    return 0
