"""`fleet reload`: link again what nodes serve, and hear from their services that it answers."""

import argparse

from auto_deployment.commands.fleet.order import add_order, order
from auto_deployment.config import Settings
from auto_deployment.fleet.orders import Do


def configure(parser: argparse.ArgumentParser) -> None:
    add_order(parser)
    parser.add_argument("--channel", default="", help="only this one")


def run(args: argparse.Namespace, settings: Settings) -> int:
    return order(Do.RELOAD, args, settings, channel=args.channel)
