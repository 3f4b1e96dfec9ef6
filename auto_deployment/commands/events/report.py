"""`events report`: everything that is held about a user, for whoever asks for access to it."""

import argparse
import json
import sys

from auto_deployment.commands.events.shared import add_user
from auto_deployment.config import Settings
from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.errors import BadInputError
from auto_deployment.paths import Paths
from auto_deployment.people.all_places import places_of
from auto_deployment.people.places import reports
from auto_deployment.people.report import event_json


def configure(parser: argparse.ArgumentParser) -> None:
    add_user(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print one JSON object: events as they count, then what lies where; exit status 2 where nothing does."""
    paths = Paths(settings.data_dir)
    held = reports(places_of(paths), args.user)
    if not held:
        raise BadInputError(
            f"Nothing is held about user {args.user}; the newest events may not be stored yet."
        )
    content = {
        "user_id": args.user,
        "forgotten_as_of": [
            one.until.isoformat() for one in wishes(paths.segments) if one.user_id == args.user
        ],
        "events": list(map(event_json, events_of(paths.segments, args.user, settings.rating_scale))),
        "rating_scale": list(settings.rating_scale),
        "held": held,
    }
    sys.stdout.write(f"{json.dumps(content, indent=1)}\n")
    return 0
