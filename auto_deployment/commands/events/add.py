"""`events add`: a rating or a watch that nobody has told, once however often it is added."""

import argparse
import sys
from datetime import UTC, datetime

from auto_deployment.commands.events.shared import add_name, add_value, name_of, value_of
from auto_deployment.config import Settings
from auto_deployment.paths import Paths
from auto_deployment.people.correct import Added, add_event


def configure(parser: argparse.ArgumentParser) -> None:
    add_name(parser)
    add_value(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Add it; return 0, also where it is there already."""
    name, value = name_of(args), value_of(args)
    added = add_event(Paths(settings.data_dir), name, value, settings.rating_scale, datetime.now(UTC))
    sys.stdout.write("added\n" if added is Added.NEW else "it is there already: nothing has changed\n")
    return 0
