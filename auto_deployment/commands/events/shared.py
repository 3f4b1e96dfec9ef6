"""How an event is named on the command line, and what is said of one."""

import argparse
from datetime import datetime

from auto_deployment.errors import BadInputError
from auto_deployment.people.correct import MAX_MINUTE, EventName, Value
from auto_deployment.people.words import read_time, read_user


def add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user", type=user_id, metavar="USER", help="the user's number")


def add_name(parser: argparse.ArgumentParser) -> None:
    """Declare what tells an event from others."""
    add_user(parser)
    parser.add_argument("title", metavar="TITLE", help="the movie's id, for example pulp+fiction+1994")
    parser.add_argument(
        "time", type=time, metavar="TIME", help="when, in UTC, as `events list` shows it: 2026-08-27T10:00:00"
    )


def add_value(parser: argparse.ArgumentParser) -> None:
    """Declare what an event says."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--rating", type=float, metavar="X", help="on the scale of RATING_SCALE")
    what.add_argument("--minutes", type=minutes, metavar="A-B", help="which were watched, from 0 on: 0-89")


def name_of(args: argparse.Namespace) -> EventName:
    return EventName(args.user, args.title, args.time, getattr(args, "kind", None))


def value_of(args: argparse.Namespace) -> Value:
    return Value(args.rating, args.minutes)


def user_id(text: str) -> int:
    try:
        return read_user(text)
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def time(text: str) -> datetime:
    try:
        return read_time(text)
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def minutes(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if first.isdigit() and last.isdigit() and int(first) <= int(last) <= MAX_MINUTE:
        return int(first), int(last)
    raise argparse.ArgumentTypeError(f"{text!r} are no minutes: use A-B, for example 0-89")
