"""`fleet status`: what the store wants, what this node holds, and what serves."""

import argparse
import json
import sys
import time
from collections.abc import Mapping

from auto_deployment.commands.fleet.shared import state_file, store_of, volume_of
from auto_deployment.config import Settings
from auto_deployment.fleet.errors import FleetError
from auto_deployment.fleet.state import read_state
from auto_deployment.fleet.status import tree
from auto_deployment.host.codec import to_plain


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; return 1 where the store is away or a channel is not as wanted."""
    state = read_state(state_file(volume_of(settings)))
    store = store_of(settings)
    wanted: Mapping[str, str] = {}
    try:
        wanted, said = store.channels().channels.wanted, str(settings.fleet.store)
        is_well = True
    except FleetError as error:
        said, is_well = str(error), False
    if args.json:
        found = {"store": said, "wanted": dict(wanted), "node": to_plain(state)}
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        sys.stdout.write(tree(state, said, wanted, time.time()))
    behind = [name for name, one in state.channels.items() if one.confirmed != wanted.get(name, one.wanted)]
    return 1 if behind or not is_well else 0
