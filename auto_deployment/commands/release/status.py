"""`release status`: where the release stands, why, and what comes next."""

import argparse
import json
import sys
import time

from auto_deployment.commands.release.shared import look, now, store
from auto_deployment.config import Settings
from auto_deployment.release.status import ReleaseStatus, to_json, tree

EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J"


def configure(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--watch", action="store_true", help="draw it again every two seconds, until Ctrl-C")
    form.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; return 0 promoted or nothing to do, 3 aborted, 4 superseded, 5 inconclusive, 10 under way."""
    status = _look(settings)
    while args.watch:
        sys.stdout.write(CLEAR + tree(status))
        sys.stdout.flush()
        time.sleep(EVERY_S)
        status = _look(settings)
    sys.stdout.write(json.dumps(to_json(status), indent=1) + "\n" if args.json else tree(status))
    return status.exit_status()


def _look(settings: Settings) -> ReleaseStatus:
    return look(settings).at(store(settings).newest(), now())
