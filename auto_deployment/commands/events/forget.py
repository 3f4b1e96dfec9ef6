"""`forget`: a user's events count no more; what is still held, where, and until when."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from auto_deployment.commands.events.shared import user_id
from auto_deployment.commands.events.wiring import every_place, places
from auto_deployment.config import Settings
from auto_deployment.dataset.corrections.wishes import Wish, wishes
from auto_deployment.errors import BadInputError
from auto_deployment.paths import Paths
from auto_deployment.people.forget import forget
from auto_deployment.people.status import render_done, render_status, status_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user", type=user_id, nargs="?", metavar="USER", help="the user's number")
    parser.add_argument(
        "--status", action="store_true", help="say what is still held of this user, or of all forgotten ones"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Forget a user, or say how far that is; return 0."""
    paths = Paths(settings.data_dir)
    if args.status:
        found = [one for one in wishes(paths.segments) if args.user in (None, one.user_id)]
        if not found:
            who = "Nobody" if args.user is None else f"User {args.user}"
            raise BadInputError(f"{who} was to be forgotten here: `marquee forget USER` does it.")
        _say(found, settings, args.json, {})
        return 0
    if args.user is None:
        raise BadInputError("`forget` takes a USER, or --status.")
    done = forget(paths, places(settings), args.user, datetime.now(UTC))
    if not args.json:
        sys.stdout.write(render_done(done))
    _say([done.wish], settings, args.json, done.removed)
    return 0


def _say(found: Sequence[Wish], settings: Settings, as_json: bool, removed: Mapping[str, int]) -> None:
    everywhere = every_place(settings)
    for wish in {one.user_id: one for one in found}.values():
        held = [one for place in everywhere for one in place.held(wish)]
        if as_json:
            sys.stdout.write(f"{json.dumps(status_json(wish, held, removed))}\n")
        else:
            sys.stdout.write(render_status(wish, held))
