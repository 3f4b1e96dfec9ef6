"""`retrain`: one retraining cycle, now. `schedule` runs the same every two days."""

import argparse
import signal
import sys
from datetime import UTC, datetime
from types import FrameType

from auto_deployment.auto_deploy import run_cycle
from auto_deployment.commands.cycle_parts import make_workshop
from auto_deployment.config import Settings
from auto_deployment.publish.outcome import FAILED, REFUSED


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--now", action="store_true", help="said for clarity: a cycle always runs at once")
    parser.add_argument(
        "--dry-run", action="store_true", help="train and check, but let nothing leave this host"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run the cycle and print how it ended; return 1 when it failed or the gate refused."""
    signal.signal(signal.SIGTERM, _end)  # what runs for us ends first
    workshop = make_workshop(settings)
    outcome = run_cycle(workshop, lambda: datetime.now(UTC), settings.publish.way, dry_run=args.dry_run)
    sys.stdout.write(f"{outcome.kind}: {outcome.sentence}\n")
    return 1 if outcome.kind in (FAILED, REFUSED) else 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
