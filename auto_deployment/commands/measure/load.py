"""`load`: requests with variable steps, a row a minute and a plot."""

import argparse
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from auto_deployment.commands.measure.beside import put_beside
from auto_deployment.commands.measure.shared import ended_by_sigterm, out_file, seed, word, write_bytes
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.load.figures import Window, figures
from auto_deployment.recipe.load.reports import Report
from auto_deployment.recipe.load.shapes import SHAPES, Step, cut, plan, whole_clients
from auto_deployment.recipe.load.table import COLUMNS, Minute, level_of, row
from auto_deployment.recipe.load.target import Target, read_target
from auto_deployment.recipe.resources.table import check_table
from auto_deployment.recipe.rows import RowsFile
from auto_deployment.recipe.words import read_count, read_positive, read_seconds, read_users

if TYPE_CHECKING:
    from auto_deployment.recipe.load.sender import Audience

MINUTE_S = 60.0
CLIENTS_MAX, RATE_MAX = 500, 20_000.0
SHAPES_HELP = "how load changes from step to step: docs/recipe.md (default: constant)"

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="http://HOST:PORT[/PATH], {user} in it is a user's id")
    level = parser.add_mutually_exclusive_group(required=True)
    level.add_argument("--clients", type=word(read_count), metavar="N", help="each asks again once answered")
    level.add_argument(
        "--rate", type=word(read_positive), metavar="N", help="requests a second, come what may"
    )
    parser.add_argument(
        "--step", type=word(read_seconds), default=60.0, metavar="TIME", help="(default: 60s)"
    )
    parser.add_argument(
        "--minutes", type=word(read_positive), default=40.0, metavar="N", help="(default: 40)"
    )
    parser.add_argument("--shape", choices=list(SHAPES), default="constant", help=SHAPES_HELP)
    parser.add_argument("--users", type=word(read_users), default=(1, 1_000_000), metavar="FIRST-LAST")
    parser.add_argument("--seed", type=word(seed), default=1, metavar="N", help="of users, gaps and spikes")
    timeout = "after which a request has failed (default: 10s)"
    parser.add_argument("--timeout", type=word(read_seconds), default=10.0, metavar="TIME", help=timeout)
    parser.add_argument("--engine", choices=("own", "siege"), default="own", help="who sends (default: own)")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the table (CSV); the plot is FILE with .svg"
    )
    length = "of what a row of the table tells (default: 60s)"
    parser.add_argument("--row", type=word(read_seconds), default=MINUTE_S, metavar="TIME", help=length)
    beside = "a table that `marquee resources` writes meanwhile: both side by side as OUT.beside.csv and .svg"
    parser.add_argument("--resources", type=Path, metavar="FILE", help=beside)
    owned = "send load to an address that is neither of this host nor of a private network"
    parser.add_argument("--i-own-this", action="store_true", help=owned)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Send it; return 1 when nothing at all was answered."""
    _check(args)
    target, out = read_target(args.url, args.i_own_this), out_file(args.out, settings, "load")
    steps = plan(args.shape, args.clients or args.rate, args.step, args.minutes * MINUTE_S, args.seed)
    windows = cut(whole_clients(steps) if args.clients else steps, args.row)
    audience = _audience(args, target)
    rows, minutes, begun = RowsFile(out, COLUMNS), list[Minute](), datetime.now(UTC)

    def report(number: int, window: Window) -> None:
        due = begun + timedelta(seconds=number * args.row)
        end = (number + 1) * args.row / MINUTE_S
        minutes.append(Minute(due, end, level_of(windows[number]), figures([window])))
        rows.add([row(minutes[-1])])
        _say(minutes[-1])

    try:
        _send(args, audience, windows, report)
    finally:
        if minutes:
            unit = "clients" if args.clients else "requests a second"
            _draw(out.with_suffix(".svg"), minutes, unit)
            if args.resources is not None:
                put_beside(out, minutes, args.resources, unit)
    log.info("%d rows are in %s, the plot beside it", len(minutes), out)
    if not any(one.figures.times_ms for one in minutes):
        raise RecipeError(f"{args.url} answered nothing: is the service there?")
    return 0


def _check(args: argparse.Namespace) -> None:
    """Raise `BadInputError` on options that cannot be used together, or mean what is not there."""
    if args.resources is not None:
        check_table(args.resources)
    if (args.clients or 0) > CLIENTS_MAX:
        raise BadInputError(f"--clients is {args.clients}: one process can be {CLIENTS_MAX} clients at most.")
    if (args.rate or 0.0) > RATE_MAX:
        raise BadInputError(
            f"--rate is {args.rate:g}: one process cannot send more than {RATE_MAX:g} a second."
        )
    if args.engine == "siege" and not args.clients:
        raise BadInputError("--engine siege has clients, not a rate: use --clients.")
    if args.engine == "siege" and (args.step % 1 or args.minutes * MINUTE_S % 1):
        raise BadInputError("--engine siege counts whole seconds: round --step and --minutes.")


def _audience(args: argparse.Namespace, target: Target) -> "Audience":
    """Return who asks whom; raise `RecipeError` where nobody answers."""
    # Imported here: what sends takes a quarter of a second to load.
    from auto_deployment.recipe.load.run import check_answers
    from auto_deployment.recipe.load.sender import Audience

    audience = Audience([target], args.users, seed=args.seed, timeout_s=args.timeout)
    check_answers(audience)
    return audience


def _send(args: argparse.Namespace, audience: "Audience", windows: list[list[Step]], report: Report) -> None:
    from auto_deployment.recipe.load.run import send
    from auto_deployment.recipe.load.siege import send_by_siege

    if args.engine == "siege":
        ended_by_sigterm()
        send_by_siege(audience, windows, report)
    else:
        send(audience, windows, bool(args.clients), report)


def _say(minute: Minute) -> None:
    found = minute.figures
    p95 = found.of("p95")
    times = "no answer" if p95 is None else f"p95 {p95:.1f} ms"
    log.info(
        "minute %.3g: level %.1f, %.0f answers a minute, %s, %.2f %% available",
        minute.number, minute.level, found.rate_per_min, times, 100 * found.availability,
    )  # fmt: skip


def _draw(path: Path, minutes: list[Minute], unit: str) -> None:
    from auto_deployment.recipe.plots import load_plot

    write_bytes(path, load_plot(minutes, unit))
