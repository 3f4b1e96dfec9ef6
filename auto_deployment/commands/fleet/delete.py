"""`fleet delete`: remove a version that nobody needs from the store."""

import argparse
import sys

from auto_deployment.commands.fleet.shared import add_operation, changed, key_of, master_of
from auto_deployment.config import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", help="as `marquee fleet nodes` and the store name it")
    add_operation(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Delete it; what needs it is the reason of a refusal."""
    master, path = master_of(settings), ("models", settings.fleet.model, args.version)
    changed(master, "DELETE", *path, key=key_of(args), by=args.by)
    sys.stdout.write(f"{args.version} is deleted from the store\n")
    return 0
