"""`events report`: everything that is held about a user, for whoever asks for access to it."""

import argparse
import json
import sys

from auto_deployment.commands.events.shared import add_user
from auto_deployment.commands.events.wiring import places
from auto_deployment.config import Settings
from auto_deployment.paths import Paths
from auto_deployment.people.report import everything


def configure(parser: argparse.ArgumentParser) -> None:
    add_user(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print one JSON object: events as they count, then what lies where; exit status 2 where nothing does."""
    content = everything(Paths(settings.data_dir), places(settings), args.user, settings.rating_scale)
    sys.stdout.write(f"{json.dumps(content, indent=1)}\n")
    return 0
