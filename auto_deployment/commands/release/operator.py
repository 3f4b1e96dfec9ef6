"""`release promote|abort|extend|approve|reject`: a person's command for the release under way."""

import argparse
import sys

from auto_deployment.commands.release.shared import add_by, inbox, now, store
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.params import load_params
from auto_deployment.release.phases import waits_for_approval
from auto_deployment.release.release import Action
from auto_deployment.release.status import judgement_of
from auto_deployment.release.store import Record


def configure(parser: argparse.ArgumentParser) -> None:
    add_by(parser)
    parser.add_argument(
        "--release", metavar="ID", help="do it only if this release is under way (default: whichever is)"
    )
    parser.add_argument("--reason", default="", help="reason for the record and the mails")
    if parser.prog.endswith(" extend"):
        parser.add_argument("--hours", type=float, default=12.0, help="longer window (default: %(default)s)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Tell the controller; raise `MarqueeError` when no release is under way."""
    record = store(settings).newest()
    if record is None or not record.release.under_way:
        raise MarqueeError("No release is under way: `release history` shows the last ones.")
    under_way = record.release.id
    if args.release not in (None, under_way):
        raise MarqueeError(f"{args.release} is not under way: {under_way} is. Nothing was changed.")
    hours = getattr(args, "hours", 0.0)
    if not 0 <= hours <= 240:
        raise MarqueeError(f"--hours {hours:g}: a window is made longer by up to 240 hours.")
    action = Action(args.word)
    if action is Action.APPROVE and not _waits(record, settings):
        raise MarqueeError(
            f"{under_way} does not wait for approval: `release status` shows how far it is. "
            "Nothing was changed."
        )
    inbox(settings).command(action, under_way, args.by, now(), args.reason, hours * 3600)
    sys.stdout.write(f"{action.value} of {under_way} is on its way to the controller.\n")
    return 0


def _waits(record: Record, settings: Settings) -> bool:
    judgement = judgement_of(record, load_params(settings.params_file).release)
    return waits_for_approval(record.release, judgement, settings.controller.needs_approval)
