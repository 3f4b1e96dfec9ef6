"""`release characteristics`: simulate how often the judge is wrong, and how soon it is right."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.durations import duration
from auto_deployment.host.files import StagedFile
from auto_deployment.params import load_params
from auto_deployment.release.judge.simulation.cases import Scenario
from auto_deployment.release.judge.simulation.characteristics import Characteristic, characterise
from auto_deployment.release.judge.simulation.rows import SCENARIOS
from auto_deployment.release.params import ReleaseParams
from auto_deployment.report.characteristics import replace_section, section, table

RUNS, QUICK_RUNS = 10_000, 500
PICTURE = "characteristics.svg"

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_RUNS} releases a row, not {RUNS:,}")
    parser.add_argument("--runs", type=int, help="so many releases a row")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="that share the rows (default: 1)")
    parser.add_argument(
        "--write", type=Path, metavar="DOCUMENT", help="put table and plot into docs/evidence.md"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the table; with --write also replace it in the document, and the plot beside it."""
    runs = args.runs or (QUICK_RUNS if args.quick else RUNS)
    if runs < 1 or args.seed < 0 or args.processes < 1:
        raise BadInputError("--runs and --processes must be at least 1 and --seed not negative.")
    params = load_params(settings.params_file).release
    document = args.write and _read(args.write)
    simulate = partial(
        characterise, warming_s=params.warming_s, params=params.judge, runs=runs, seed=args.seed
    )
    rows = _all_rows(simulate, args.processes)
    sys.stdout.write(table(rows))
    if document:
        write(args.write, document, rows, origin(params, args.seed))
    return 0


def _all_rows(simulate: Callable[[Scenario], Characteristic], processes: int) -> list[Characteristic]:
    """Simulate every row; how many processes share them changes nothing but the time."""
    rows = []
    with ProcessPoolExecutor(processes) if processes > 1 else nullcontext() as pool:
        found = pool.map(simulate, SCENARIOS) if pool else map(simulate, SCENARIOS)
        for number, row in enumerate(found, 1):
            log.info("%d of %d: %s", number, len(SCENARIOS), row.name)
            rows.append(row)
    return rows


def origin(params: ReleaseParams, seed: int) -> str:
    """Say under which parameters the table was computed, and how to do it again."""
    judge = params.judge
    return (
        f"Simulated with the shipped judge: a window of {duration(judge.window_s)} after "
        f"{duration(params.warming_s)} of warming, one tick a minute, 5 requests/s by 21,600 users and 20 % "
        f"of them on the canary where nothing else is said, 10 % of users with popularity lists, 0.2 % who "
        f"wait, 5 % who watch something from their lists in the window, half an hour after they were shown "
        f"it, of which the judge is told 8 min later, the end after {duration(judge.max_window_s)}, alpha "
        f"{judge.alpha:g} for four comparisons together, tolerated ratios {judge.tolerated_ratio:g} and "
        f"{judge.watched.tolerated_ratio:g} (lists watched), SLO "
        f"{100 * judge.slo_bad_share:g} %, seed {seed}. Again: "
        f"`python -m auto_deployment release characteristics --write docs/evidence.md`."
    )


def write(path: Path, document: str, rows: Sequence[Characteristic], words: str) -> None:
    """Replace the document's section and the plot in its folder `images`."""
    # Matplotlib is slow to load, and only this needs it.
    from auto_deployment.report.characteristics_plot import characteristics_plot

    text = replace_section(document, section(rows, words, f"images/{PICTURE}"))
    picture = path.parent / "images" / PICTURE
    for file, content in ((picture, characteristics_plot(rows)), (path, text.encode())):
        with StagedFile(file) as staged:
            staged.file.write(content)
            staged.publish()


def _read(path: Path) -> str:
    try:
        document = path.read_text("utf-8")
        replace_section(document, "")  # better now than after minutes of computing
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path} cannot take the table ({error}).") from error
    return document
