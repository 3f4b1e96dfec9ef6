"""`events list`: a user's ratings and watches as training sees them."""

import argparse
import json
import sys

from auto_deployment.commands.events.shared import add_user
from auto_deployment.config import Settings
from auto_deployment.dataset.corrections.look import events_of
from auto_deployment.errors import BadInputError
from auto_deployment.paths import Paths
from auto_deployment.people.find_event import minutes_text, said
from auto_deployment.people.report import event_json


def configure(parser: argparse.ArgumentParser) -> None:
    add_user(parser)
    parser.add_argument("--title", metavar="TITLE", help="of this movie only")
    parser.add_argument("--json", action="store_true", help="print JSON, a line for each event")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each event, the oldest first; exit status 2 where there is none."""
    found = events_of(Paths(settings.data_dir).segments, args.user, settings.rating_scale)
    found = [one for one in found if args.title in (None, one.movie_id)]
    if not found:
        of_title = "" if args.title is None else f" of {args.title}"
        raise BadInputError(
            f"User {args.user} has no event{of_title}; the newest ones may not be stored yet."
        )
    for one in found:
        value = f"{one.rating:g}" if one.rating is not None else f"minutes {minutes_text(one)}"
        text = f"{said(one.time):<26}  {one.kind:<6}  {one.movie_id}  {value}"
        sys.stdout.write(f"{json.dumps(event_json(one)) if args.json else text}\n")
    return 0
