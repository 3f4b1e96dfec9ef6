"""`fleet status`: what the store wants, what this node holds, and what serves; of all nodes by the master."""

import argparse
import json
import sys
import time
from collections.abc import Mapping

from auto_deployment.commands.fleet.shared import master_of, state_file, store_of, volume_of
from auto_deployment.config import Settings
from auto_deployment.fleet.errors import FleetError
from auto_deployment.fleet.master.overview import is_well, overview
from auto_deployment.fleet.state import read_state
from auto_deployment.fleet.status import tree
from auto_deployment.host.codec import to_plain


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--index", action="store_true", help="of the index that words find movies with")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; return 1 where the store is away or a channel is not as wanted.

    Who has a node's token alone asks for that node.
    """
    master = settings.master
    if master.url and not args.index and (master.operator_token or not master.node_token):
        return _of_the_fleet(args, settings)
    state = read_state(state_file(volume_of(settings)))
    store = store_of(settings, of_indexes=args.index)
    wanted: Mapping[str, str] = {}
    try:
        wanted, said = store.channels().channels.wanted, str(settings.fleet.store)
        store_answers = True
    except FleetError as error:
        said, store_answers = str(error), False
    if args.json:
        found = {"store": said, "wanted": dict(wanted), "node": to_plain(state)}
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        sys.stdout.write(tree(state, said, wanted, time.time()))
    behind = [
        name
        for name, one in state.channels.items()
        if one.confirmed != (one.pinned or wanted.get(name, one.wanted))
    ]
    return 1 if behind or not store_answers else 0


def _of_the_fleet(args: argparse.Namespace, settings: Settings) -> int:
    """Print what the master knows of all nodes."""
    master = master_of(settings)
    nodes, channels = master.get("nodes"), master.get("channels")
    if args.json:
        sys.stdout.write(json.dumps({**nodes, "channels": channels}, indent=1) + "\n")
    else:
        for model, wanted in channels["models"].items():
            for channel, version in sorted(wanted.items()):
                sys.stdout.write(f"{model}: {channel} wants {version}\n")
        sys.stdout.write(overview(nodes))
    return 0 if is_well(nodes) else 1
