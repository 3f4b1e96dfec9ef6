"""`events remove`: an event counts no more."""

import argparse
import sys
from datetime import UTC, datetime

from auto_deployment.commands.events.shared import add_name, name_of
from auto_deployment.config import Settings
from auto_deployment.paths import Paths
from auto_deployment.people.correct import remove_event
from auto_deployment.people.find_event import described


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    parser.add_argument("--kind", choices=("rating", "watch"), help="where both have this title and time")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Remove it and say what it was; return 0."""
    before = remove_event(Paths(settings.data_dir), name_of(args), settings.rating_scale, datetime.now(UTC))
    sys.stdout.write(f"removed; it was: {'; '.join(map(described, before))}\n")
    return 0
