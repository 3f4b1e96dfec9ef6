"""`fleet nodes`: who is there, what each serves, and what is behind; or forget one that is gone."""

import argparse
import json
import sys

from auto_deployment.commands.fleet.shared import add_operation, changed, key_of, master_of
from auto_deployment.config import Settings
from auto_deployment.fleet.master.overview import is_well, overview


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print what the master answers")
    parser.add_argument("--forget", metavar="NODE", help="take one that left off the list")
    add_operation(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print them; return 1 where one has left, or a channel is not as wanted."""
    master = master_of(settings)
    if args.forget:
        changed(master, "DELETE", "nodes", args.forget, key=key_of(args), by=args.by)
        sys.stdout.write(f"{args.forget} is forgotten\n")
        return 0
    found = master.get("nodes")
    sys.stdout.write(json.dumps(found, indent=1) + "\n" if args.json else overview(found))
    return 0 if is_well(found) else 1
