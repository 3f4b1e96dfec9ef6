"""`fleet pin`: let a node keep and serve a version, whatever its channel wants."""

import argparse

from auto_deployment.commands.fleet.order import add_order, order
from auto_deployment.config import Settings
from auto_deployment.fleet.orders import Do


def configure(parser: argparse.ArgumentParser) -> None:
    add_order(parser)
    parser.add_argument("version", help="as `marquee fleet nodes` and the store name it")
    parser.add_argument("--channel", default="stable", help="(default: %(default)s)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    return order(Do.PIN, args, settings, channel=args.channel, version=args.version)
