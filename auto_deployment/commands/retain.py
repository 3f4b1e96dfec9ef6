"""`retain`: remove data and models of old versions from DVC's cache and remote; provenance stays."""

import argparse
import sys

from auto_deployment.commands.cycle_wiring import make_cycle
from auto_deployment.config import Settings
from auto_deployment.cycle.publish import refresh, retain
from auto_deployment.params import load_params


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would go, remove nothing")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print which versions stay and go, and what DVC says; return 0."""
    keep = load_params(settings.params_file).retrain.keep_versions
    cycle = make_cycle(settings)
    with cycle.alone():
        refresh(cycle)
        retention, said = retain(cycle, keep, settings.publish, dry_run=args.dry_run)
    verb = "would lose" if args.dry_run else "have lost"
    sys.stdout.write(
        f"{len(retention.kept)} versions keep their data: {', '.join(retention.kept) or 'none'}\n"
    )
    sys.stdout.write(f"{len(retention.gone)} {verb} it: {', '.join(retention.gone) or 'none'}\n{said}")
    return 0
