"""Data and a first model for those who have none, made by the same code as everybody's."""

import argparse
import importlib
import logging

from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.params import Params
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)


def prepare_demo(settings: Settings, params: Params) -> None:
    """Simulate a platform's past and train on it, each only where that was not done before."""
    paths = Paths(settings.data_dir)
    if not any(paths.segments.glob("*.parquet")):
        # Imported here: a run that finds everything in place starts without pandas and its kin.
        simulation = importlib.import_module("auto_deployment.simulate.demo")
        log.info("Simulating a movie platform into %s (once)", settings.data_dir)
        simulation.write_demo(params.simulate, settings.rating_scale, paths)
    if not paths.current_model.exists():
        log.info("Training a first model (once)")
        train(settings)


def train(settings: Settings) -> None:
    """Run the command `train` as it is without options; raise when it says that it failed."""
    command = importlib.import_module("auto_deployment.commands.train")
    parser = argparse.ArgumentParser()
    command.configure(parser)
    if command.run(parser.parse_args([]), settings) != 0:
        raise MarqueeError("There is no first model to serve: training failed, see above.")
