"""`release rollback`: an older release serves everybody again."""

import argparse
import sys

from auto_deployment.commands.release.shared import add_by, images, now, operator
from auto_deployment.config import Settings
from auto_deployment.release.operator.ask import Wish
from auto_deployment.release.release import Build


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", nargs="?", help="a release or a model version; without one: the last")
    add_by(parser)
    parser.add_argument("--reason", default="", help="reason for the record and the mails")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask for the rollback and return at once; raise `MarqueeError` when there is nothing to go back to."""
    builds = images(settings)

    def require(target: Build) -> None:
        builds.id_of(builds.tag(target.release))  # raises where it is gone

    said = operator(settings).roll_back(Wish(args.by, now(), args.reason), args.version, require)
    sys.stdout.write(f"{said}\n")
    return 0
