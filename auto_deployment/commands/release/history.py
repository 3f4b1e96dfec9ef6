"""`release history`: what was released, how it ended and why."""

import argparse
import json
import sys
from itertools import islice

from auto_deployment.commands.release.shared import store
from auto_deployment.config import Settings
from auto_deployment.host.codec import to_plain
from auto_deployment.release.status import history_line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", type=int, default=20, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the releases, newest first."""
    releases = [record.release for record in islice(store(settings).history(), max(args.last, 0))]
    if args.json:
        sys.stdout.write(json.dumps(to_plain(releases), indent=1) + "\n")
    else:
        sys.stdout.write("".join(history_line(one) + "\n" for one in releases) or "No release yet.\n")
    return 0
