"""Data and a first model for those who have none, made by the same code as everybody's."""

import logging
import sys
from datetime import UTC, datetime

from auto_deployment.config import Settings
from auto_deployment.params import Params
from auto_deployment.paths import Paths, RunLayout

log = logging.getLogger(__name__)


def prepare_demo(settings: Settings, params: Params) -> None:
    """Simulate a platform's past and train on it, each only where that was not done before."""
    paths = Paths(settings.data_dir)
    # Both are imported here: a run that finds everything in place starts without pandas and its kin.
    if not any(paths.segments.glob("*.parquet")):
        from auto_deployment.simulate.demo import write_demo

        log.info("Simulating a movie platform into %s (once)", settings.data_dir)
        write_demo(params.simulate, settings.rating_scale, paths)
    if not paths.current_model.exists():
        from auto_deployment.local.train import describe_trained, train_and_publish

        log.info("Training a first model (once)")
        metrics = train_and_publish(settings, datetime.now(UTC))
        sys.stdout.write(describe_trained(metrics, paths))


def let_instances_follow(layout: RunLayout) -> None:
    """Make the file of recent events, which is followed where it is there."""
    layout.recent_file.parent.mkdir(parents=True, exist_ok=True)
    layout.recent_file.touch()
