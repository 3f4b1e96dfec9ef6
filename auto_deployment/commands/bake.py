"""`bake`: the model that an image carries, the published one or else a demo model."""

import argparse
import logging
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from app.artifact import ArtifactError, load
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.local.demo import prepare_demo
from auto_deployment.params import load_params
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--published", type=Path, required=True, metavar="DIR", help="used if it exists")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to be made")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the model's folder; raise `BadInputError` when the published one is damaged."""
    if args.out.exists():
        raise BadInputError(f"{args.out} exists already: name a folder that does not.")
    if args.published.is_dir():
        shutil.copytree(args.published, args.out)
    else:
        log.info("There is no %s: the image gets a demo model", args.published)
        with tempfile.TemporaryDirectory() as folder:
            demo = replace(settings, data_dir=Path(folder))
            prepare_demo(demo, load_params(settings.params_file))
            shutil.copytree(Paths(demo.data_dir).current_model.resolve(), args.out)
    try:
        model = load(args.out)
    except ArtifactError as error:
        raise BadInputError(str(error)) from error
    log.info("The image gets model %s", model.version)
    return 0
