"""`fleet follow`: move channels as releases end, where no controller of containers does it."""

import argparse
from datetime import UTC, datetime

from auto_deployment.commands.fleet.shared import store_of
from auto_deployment.config import Settings
from auto_deployment.cycle.release_ends import ReleaseEnds, follow
from auto_deployment.host.signals import until_stopped
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="tell what has ended by now, and end")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Follow; return 0 when told to stop. With `--once` raise what telling raises."""
    paths, store = Paths(settings.data_dir), store_of(settings)
    if args.once:
        ReleaseEnds(paths, store).step(datetime.now(UTC))
        return 0
    with until_stopped(twice_ends=True) as stop:
        follow(paths, lambda: store, stop.wait)
    return 0
