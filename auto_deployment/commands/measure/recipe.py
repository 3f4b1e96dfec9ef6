"""`recipe`: the cheapest deployment that meets a goal, measured and verified."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from auto_deployment.commands.measure.platforms import compose, kubernetes
from auto_deployment.commands.measure.shared import add_platform, ended_by_sigterm, now, seed, word
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.files import making
from auto_deployment.paths import Paths
from auto_deployment.recipe.errors import RecipeError
from auto_deployment.recipe.goal import read_goal
from auto_deployment.recipe.load.shapes import SHAPES
from auto_deployment.recipe.search.find import Recipe, find
from auto_deployment.recipe.search.page import COLUMNS, page, rows
from auto_deployment.recipe.search.wish import Bounds, Wish
from auto_deployment.recipe.words import (
    read_count,
    read_counts,
    read_numbers,
    read_positive,
    read_price,
    read_seconds,
    read_services,
    read_users,
)  # fmt: skip

STEP_MIN_S, VERIFY_MIN_S = 1.0, 12.0
NAMED = "stable-1=40,stable-2=40,canary=20"

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    usual = Wish(read_goal("p95<50ms"), 1.0)
    parser.add_argument(
        "--goal", type=word(read_goal), required=True, metavar="GOAL", help="as in 'p95<50ms'"
    )
    parser.add_argument(
        "--rate", type=word(read_positive), required=True, metavar="N", help="requests a second"
    )
    price = "of a core and of a GB (default: cpu=30,memory=4)"
    parser.add_argument("--price", type=word(read_price), default=usual.prices, metavar="PRICES", help=price)
    add_platform(parser)
    services = (
        f"NAME, or NAME=WEIGHT,... for several with a name each (default: {NAMED}, or serving on Kubernetes)"
    )
    parser.add_argument("--services", type=word(read_services), metavar="NAMES", help=services)
    bounds, several = usual.bounds, "that are tried"
    parser.add_argument("--cpus", type=word(read_numbers), default=bounds.cpus, metavar="N,N", help=several)
    for name in ("workers", "threads", "replicas"):
        parser.add_argument(
            f"--{name}", type=word(read_counts), default=getattr(bounds, name), metavar="N,N", help=several
        )
    times = word(read_seconds)
    parser.add_argument(
        "--step", type=times, default=usual.step_s, metavar="TIME", help="a level (default: 15s)"
    )
    parser.add_argument("--verify", type=times, default=usual.verify_s, metavar="TIME", help="(default: 2m)")
    parser.add_argument(
        "--shape", choices=list(SHAPES), default=usual.shape, help="of verifying (default: wave)"
    )
    _configure_service(parser)


def _configure_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--path", default="/recommend/{user}", help="what is asked (default: %(default)s)")
    parser.add_argument("--ready", default="/health/ready", metavar="PATH", help="(default: %(default)s)")
    parser.add_argument(
        "--port", type=word(read_count), metavar="N", help="(default: PORT, or what the image says)"
    )
    parser.add_argument("--users", type=word(read_users), default=(1, 1_000_000), metavar="FIRST-LAST")
    parser.add_argument("--seed", type=word(seed), default=1, metavar="N", help="of users, gaps and spikes")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="that will appear whole, at the end")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Search; the folder appears when the proposal was verified, and not before."""
    args.services = args.services or read_services(NAMED if args.namespace is None else "serving")
    wish = _wish(args)
    out = args.out or Paths(settings.data_dir).recipe / f"recipe-{now()}"
    if out.exists() or out.is_symlink():
        raise BadInputError(f"{out} is there already: name another folder with --out.")
    ended_by_sigterm()
    services = list(args.services)
    platform = compose(args, services, wish) if args.namespace is None else kubernetes(args, services)
    found = find(platform.bench, wish)
    text = page(found, ", ".join(services))
    try:
        _write(out, found, text, platform.files(found))
    except OSError as error:
        raise RecipeError(
            f"{out} cannot be written ({error.strerror}): make room, or name another --out."
        ) from error
    sys.stdout.write(text)
    log.info("values, table and plot are in %s", out)
    return 0


def _wish(args: argparse.Namespace) -> Wish:
    if args.step < STEP_MIN_S or args.verify < VERIFY_MIN_S:
        raise BadInputError(f"--step takes {STEP_MIN_S:g}s or more, --verify {VERIFY_MIN_S:g}s or more.")
    for path in (args.path, args.ready):
        if not path.startswith("/") or any(character.isspace() for character in path):
            raise BadInputError(f"{path!r} is no path: begin with /, and use no spaces.")
    return Wish(
        goal=args.goal,
        rate=args.rate,
        bounds=Bounds(args.cpus, args.workers, args.threads, args.replicas),
        shares=tuple(args.services.values()) if len(args.services) > 1 else (),
        prices=args.price,
        step_s=args.step,
        verify_s=args.verify,
        shape=args.shape,
        seed=args.seed,
    )


def _write(out: Path, found: Recipe, text: str, files: Mapping[str, str]) -> None:
    from auto_deployment.recipe.plots import recipe_plot
    from auto_deployment.recipe.rows import RowsFile

    out.parent.mkdir(parents=True, exist_ok=True)
    with making(out) as folder:
        folder.mkdir()
        (folder / "recipe.md").write_text(text, "utf-8")
        (folder / "recipe.svg").write_bytes(recipe_plot(found))
        for name, content in files.items():
            (folder / name).write_text(content, "utf-8")
        RowsFile(folder / "measured.csv", COLUMNS).add(rows(found))
        os.rename(folder, out)
