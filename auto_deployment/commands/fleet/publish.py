"""`fleet publish`: put a model's folder, or that of an index, into the store."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.commands.fleet.shared import store_of
from auto_deployment.config import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="for example DATA_DIR/models/current")
    parser.add_argument("--index", action="store_true", help="it is an index that words find movies with")
    parser.add_argument("--channel", action="append", default=[], help="and let this channel want it")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Publish it and print its version."""
    store = store_of(settings, of_indexes=args.index)
    version = store.publish(args.folder.resolve())
    if args.channel:
        store.move(dict.fromkeys(args.channel, version), datetime.now(UTC))
    sys.stdout.write(f"{version}\n")
    return 0
