"""What the commands share that ask nodes for something: they wait until the nodes have done it."""

import argparse
import sys
import time
from typing import Any

from auto_deployment.commands.fleet.shared import add_operation, changed, key_of, master_of
from auto_deployment.config import Settings
from auto_deployment.fleet.master.client import MasterClient
from auto_deployment.fleet.orders import DONE, UNDER_WAY, Do

LOOK_S = 0.5


def add_order(parser: argparse.ArgumentParser) -> None:
    """Declare which node is asked, by whom, and how long the answer is waited for."""
    parser.add_argument("node", help="its name, or all")
    parser.add_argument("--model", default="", help="where a node has several")
    parser.add_argument(
        "--wait",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="for the nodes' answers (default: 30; 0: none)",
    )
    add_operation(parser)


def order(do: Do, args: argparse.Namespace, settings: Settings, **about: str) -> int:
    """Ask for it and print what came of it; return 1 where a node could not do it, or has not yet."""
    master, key = master_of(settings), key_of(args)
    body = {"model": args.model, **about}
    found = changed(master, "POST", "nodes", args.node, do.value, key=key, by=args.by, body=body)
    for name in found["left"]:
        sys.stdout.write(f"{name}: has left without a word, and was not asked\n")
    orders = _outcomes(master, key, time.monotonic() + args.wait)
    for one in orders:
        said = f": {one['said']}" if one["said"] else ""
        sys.stdout.write(f"{one['node']}: {one['how']}{said}\n")
    if any(one["how"] == UNDER_WAY for one in orders):
        sys.stdout.write(f"Nodes go on with it: marquee fleet audit --key {key}\n")
    return 0 if all(one["how"] == DONE for one in orders) else 1


def _outcomes(master: MasterClient, key: str, until: float) -> list[dict[str, Any]]:
    while True:
        orders: list[dict[str, Any]] = master.get("audit", key)["orders"]
        if all(one["how"] != UNDER_WAY for one in orders) or time.monotonic() >= until:
            return orders
        time.sleep(LOOK_S)
