"""`fleet pull`: bring a version to nodes before anything wants it, or try again what was refused."""

import argparse

from auto_deployment.commands.fleet.order import add_order, order
from auto_deployment.config import Settings
from auto_deployment.fleet.orders import Do


def configure(parser: argparse.ArgumentParser) -> None:
    add_order(parser)
    parser.add_argument("version", nargs="?", default="", help="what is wanted, where none is named")


def run(args: argparse.Namespace, settings: Settings) -> int:
    return order(Do.PULL, args, settings, version=args.version)
