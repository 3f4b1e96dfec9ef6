"""`release promote|abort|extend|approve|reject`: a person's command for the release under way."""

import argparse
import sys

from auto_deployment.commands.release.shared import add_by, now, operator
from auto_deployment.config import Settings
from auto_deployment.release.operator.ask import USUAL_HOURS, Wish
from auto_deployment.release.release import Action


def configure(parser: argparse.ArgumentParser) -> None:
    add_by(parser)
    parser.add_argument(
        "--release", metavar="ID", help="do it only if this release is under way (default: whichever is)"
    )
    parser.add_argument("--reason", default="", help="reason for the record and the mails")
    if parser.prog.endswith(" extend"):
        parser.add_argument(
            "--hours", type=float, default=USUAL_HOURS, help="longer window (default: %(default)s)"
        )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Tell the controller; raise `MarqueeError` when no release is under way."""
    wish = Wish(args.by, now(), args.reason, args.release)
    said = operator(settings).tell(Action(args.word), wish, getattr(args, "hours", 0.0))
    sys.stdout.write(f"{said}\n")
    return 0
