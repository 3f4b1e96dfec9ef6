"""`retain`: remove data and models of old versions from DVC's cache and remote; provenance stays."""

import argparse
import sys
from datetime import UTC, datetime

from auto_deployment.commands.cycle_wiring import make_cycle
from auto_deployment.config import Settings
from auto_deployment.cycle.forgotten import look_for_forgotten
from auto_deployment.cycle.publish import refresh, retain
from auto_deployment.params import load_params


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would go, remove nothing")
    parser.add_argument(
        "--now",
        action="store_true",
        help="remove every version too that holds data of forgotten users, unless it serves or is needed",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print which versions stay and go, and what DVC says; return 0."""
    params = load_params(settings.params_file).retrain
    cycle = make_cycle(settings)
    with cycle.alone():
        refresh(cycle)
        forgotten = look_for_forgotten(cycle)
        away = (
            forgotten.at_once() if args.now else forgotten.overdue(datetime.now(UTC), params.forgotten_days)
        )
        retention, said = retain(
            cycle, params.keep_versions, settings.publish, dry_run=args.dry_run, away=away
        )
    verb = "would lose" if args.dry_run else "have lost"
    sys.stdout.write(
        f"{len(retention.kept)} versions keep their data: {', '.join(retention.kept) or 'none'}\n"
    )
    sys.stdout.write(f"{len(retention.gone)} {verb} it: {', '.join(retention.gone) or 'none'}\n{said}")
    for version in sorted(set(forgotten.holds).intersection(retention.kept)):
        why = forgotten.needed.get(version, "its time is not over: --now removes it at once")
        sys.stdout.write(f"{version} holds data of forgotten users and stays: {why}\n")
    return 0
