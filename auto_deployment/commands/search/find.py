"""`search try`: search for some words in the current index."""

import argparse
import sys

from auto_deployment.commands.search.shared import current, told
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", help="what to search for")
    parser.add_argument("-n", type=int, default=10, help="so many movies (default: 10)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the movies that are found, best first; return 0."""
    if args.n < 1:
        raise BadInputError(f"-n is {args.n}: ask for at least one movie.")
    search = current(settings)
    with told():
        found = search.find(" ".join(args.words), args.n)
    head = search.head
    for one in found:
        year = head.arrays["movie_years"][one.row] or "-"
        genres = ", ".join(head.genres[one.row])
        sys.stdout.write(f"{one.score:6.3f}  {year:>4}  {head.titles[one.row]}  [{genres}]\n")
    return 0
