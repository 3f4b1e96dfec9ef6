"""`release plan`: what to expect of releases under one's own traffic, and which settings fit it."""

import argparse
import sys
from pathlib import Path

from auto_deployment.commands.options import read_share
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import replace_text
from auto_deployment.params import load_params
from auto_deployment.release.judge.simulation.plan import Demand, Simulation
from auto_deployment.release.judge.simulation.plan_words import plan, table
from auto_deployment.report.characteristics import replace_section

RUNS = 500
# The documentation's rows: up to what the shipped characteristics are computed for, 5 requests a second.
REQUESTS_A_DAY = (1_000, 3_000, 10_000, 30_000, 100_000, 432_000)
REQUESTS_A_USER, BAD_SHARE = 5, 0.005
BEGIN, END = "<!-- plan: begin -->", "<!-- plan: end -->"
AGAIN = "`marquee release plan --write docs/releases.md`"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--requests-per-day", type=float, metavar="N", help="recommendations asked for in a day"
    )
    parser.add_argument("--users", type=float, metavar="N", help="different users in a day")
    parser.add_argument(
        "--bad",
        type=share,
        metavar="SHARE",
        help="share of requests that are bad as things are, 0.005 or 0.5%%",
    )
    parser.add_argument(
        "--runs", type=int, default=RUNS, help="simulated releases each (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--write",
        type=Path,
        metavar="DOCUMENT",
        help="instead, put the table of usual traffic into a document",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print what to expect and what to set; with --write replace the table in a document instead."""
    if not (1 <= args.runs <= 100_000 and args.seed >= 0):
        raise BadInputError("--runs must lie between 1 and 100,000, and --seed not be negative.")
    params = load_params(settings.params_file).release.judge
    asked = (args.requests_per_day, args.users, args.bad)
    if args.write is not None:
        if asked != (None, None, None):
            raise BadInputError(
                "--write puts a table of usual traffic into a document: leave the traffic out."
            )
        demands = [Demand(one, one / REQUESTS_A_USER, BAD_SHARE) for one in REQUESTS_A_DAY]
        rows = [Simulation(demand, params, args.runs, args.seed) for demand in demands]
        words = f"Of {args.runs:,} simulated releases each, as if the same people came every day. Again:"
        _write(args.write, f"{table(rows)}\n{words}\n{AGAIN}.\n")
        return 0
    if None in asked:
        raise BadInputError(
            "Say what your traffic is: --requests-per-day 40000 --users 8000 --bad 0.5% (bad: answered 5xx, "
            "too late or not at all by an instance, as NGINX's edge log has it)."
        )
    simulation = Simulation(Demand(*asked), params, args.runs, args.seed)
    sys.stdout.write(plan(simulation))
    return 0


def share(text: str) -> float:
    """Read 0.005 or 0.5%."""
    try:
        return read_share(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: write 0.005 or 0.5%") from None


def _write(path: Path, content: str) -> None:
    try:
        document = path.read_text("utf-8")
        replace_text(path, replace_section(document, f"{BEGIN}\n{content}{END}", BEGIN, END))
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot take the table ({error}).") from error
