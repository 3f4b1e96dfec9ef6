"""`import PATH`: ratings or captured event lines become segments; what was imported, and the way back."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from auto_deployment.config import Settings
from auto_deployment.dataset.quarantine_limit import enforce_limit
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.host.locks import only_one
from auto_deployment.ingest.importing.job import Scales, run_import
from auto_deployment.ingest.importing.lines import Progress
from auto_deployment.ingest.importing.recognise import Source, recognise
from auto_deployment.ingest.importing.replace import Replaced, replace_import
from auto_deployment.ingest.importing.stored import stored_sources
from auto_deployment.ingest.importing.summary import render_sources, render_summary
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


class ImportFailedError(MarqueeError):
    """The disk or the file failed while importing; nothing of it is to be seen."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        type=Path,
        nargs="*",
        metavar="PATH",
        help="ratings.csv, u.data or ratings.dat of MovieLens, its other tables beside it; clean_rating.csv; "
        "captured event lines; or a folder with one of these",
    )
    parser.add_argument(
        "--scale", type=_scale, metavar="LOW-HIGH", help="of the ratings, if the file does not show it"
    )
    parser.add_argument("--list", action="store_true", help="show what was imported or listened to so far")
    parser.add_argument(
        "--replace",
        metavar="SOURCE",
        help="take an earlier import away, named as --list shows it, and store PATH instead, in one step; "
        "several PATHs where all are captured event lines",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Import, replace or list, and say what was done."""
    paths = Paths(settings.data_dir)
    if args.list:
        sys.stdout.write(render_sources(stored_sources(paths.segments)))
        return 0
    _check_paths(args)
    quarantine_bytes = load_params(settings.params_file).ingest.quarantine.max_mb << 20
    sources = [recognise(path) for path in args.paths]
    try:
        with _progress_bar(sources) as bar:
            scales = Scales(args.scale, settings.rating_scale)
            done = _do(args.replace, sources, paths, scales, bar.update)
        if not all(one.already for one in done.imported):
            enforce_limit(paths.quarantine, quarantine_bytes)
    except OSError as error:
        raise ImportFailedError(
            f"{args.paths[0]} was not imported ({error.strerror or error}): see that {settings.data_dir} can "
            "be written and has room, then try again."
        ) from error
    for source, imported in zip(sources[-len(done.imported) :], done.imported, strict=True):
        sys.stdout.write(render_summary(source, imported, paths))
    if done.names:
        sys.stdout.write(f"replaced: {', '.join(done.names)}\n")
    return 0


def _check_paths(args: argparse.Namespace) -> None:
    if not args.paths or (len(args.paths) > 1 and args.replace is None):
        raise BadInputError("`import` takes one PATH, or --list, or --replace SOURCE and one PATH or more.")


def _do(
    replaced: str | None, sources: Sequence[Source], paths: Paths, scales: Scales, progress: Progress
) -> Replaced:
    if replaced is None:
        return Replaced([run_import(sources[0], paths, scales, progress)], ())
    with only_one(paths.ingest_lock, "Ingest"):
        return replace_import(replaced, sources, paths, scales, progress)


def _progress_bar(sources: Sequence[Source]) -> "tqdm[NoReturn]":
    return tqdm(
        total=sum(source.events.stat().st_size for source in sources),
        desc=sources[0].events.name,
        unit="B",
        unit_scale=True,
        disable=not sys.stderr.isatty(),
    )


def _scale(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        scale = float(low), float(high)
    except ValueError:
        scale = 0.0, 0.0
    if not 0 <= scale[0] < scale[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale: use LOW-HIGH, for example 1-10")
    return scale
