"""`fleet prune`: remove from nodes what nobody uses."""

import argparse

from auto_deployment.commands.fleet.order import add_order, order
from auto_deployment.config import Settings
from auto_deployment.fleet.orders import Do


def configure(parser: argparse.ArgumentParser) -> None:
    add_order(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    return order(Do.PRUNE, args, settings)
