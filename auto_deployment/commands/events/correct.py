"""`events correct`: an event says something else from now on."""

import argparse
import sys
from datetime import UTC, datetime

from auto_deployment.commands.events.shared import add_name, add_value, name_of, value_of
from auto_deployment.config import Settings
from auto_deployment.paths import Paths
from auto_deployment.people.correct import correct_event
from auto_deployment.people.find_event import described


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    add_value(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Correct it and say what it was; return 0."""
    name, value = name_of(args), value_of(args)
    before = correct_event(Paths(settings.data_dir), name, value, settings.rating_scale, datetime.now(UTC))
    sys.stdout.write(f"corrected; it was: {'; '.join(map(described, before))}\n")
    return 0
