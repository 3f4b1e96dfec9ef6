"""`retrain`: one retraining cycle, now. `schedule` runs the same every two days."""

import argparse
import logging
import signal
import sys
from datetime import UTC, datetime
from types import FrameType

from auto_deployment.auto_deploy import run_cycle
from auto_deployment.commands.cycle_wiring import cycle_outbox, make_cycle
from auto_deployment.commands.fleet.shared import opener_of
from auto_deployment.config import Settings
from auto_deployment.cycle.context import Cycle
from auto_deployment.cycle.delivery import try_to_deliver
from auto_deployment.cycle.forgotten import look_for_forgotten
from auto_deployment.cycle.outcome import FAILED, PUBLISHED, REFUSED, WAITING
from auto_deployment.cycle.publish import has_gone, retain, to_retain
from auto_deployment.errors import MarqueeError
from auto_deployment.params import load_params

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--now", action="store_true", help="changes nothing: a cycle always runs at once")
    parser.add_argument(
        "--dry-run", action="store_true", help="train and check, but let nothing leave this host"
    )
    parser.add_argument(
        "--continue-from",
        metavar="VERSION",
        help="go on from this version's weights, or those of the champion, in a fraction of the time; "
        "without it everything is trained anew",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run the cycle and print how it ended; return 1 when it failed or was refused, or there is no event."""
    signal.signal(signal.SIGTERM, _end)  # what runs for us ends first
    cycle = make_cycle(settings)
    outcome = run_cycle(
        cycle, lambda: datetime.now(UTC), settings.publish.way, dry_run=args.dry_run,
        continue_from=args.continue_from,
    )  # fmt: skip
    cycle_outbox(settings).flush(datetime.now(UTC))  # where no scheduler runs, nobody else sends the mail
    if (open_store := opener_of(settings)) is not None and not args.dry_run:
        try_to_deliver(cycle, settings.publish, open_store, datetime.now(UTC))
    if outcome.kind != FAILED and not args.dry_run:
        _tidy(cycle, settings, published=outcome.kind == PUBLISHED)
    sys.stdout.write(f"{outcome.kind}: {outcome.sentence}\n")
    return 1 if outcome.kind in (FAILED, REFUSED, WAITING) else 0


def _tidy(cycle: Cycle, settings: Settings, *, published: bool) -> None:
    """Let old versions go, after a new one or where forgotten users wait for it, if any does."""
    params = load_params(settings.params_file).retrain
    try:
        with cycle.alone():
            away = look_for_forgotten(cycle).overdue(datetime.now(UTC), params.forgotten_days)
            if not published and not away:
                return
            if has_gone(cycle, to_retain(cycle, params.keep_versions, away)):
                return
            retention, _ = retain(cycle, params.keep_versions, settings.publish, dry_run=False, away=away)
        log.info("%d versions keep their data, %d do not", len(retention.kept), len(retention.gone))
    except MarqueeError as error:
        log.warning("Old versions stay for now: %s", error)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
