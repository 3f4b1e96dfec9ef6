"""`import PATH`: a file or folder of ratings, or of captured event lines, becomes segments."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from auto_deployment.config import Settings
from auto_deployment.dataset.quarantine_limit import enforce_limit
from auto_deployment.errors import MarqueeError
from auto_deployment.ingest.importing.job import Imported, Scales, run_import
from auto_deployment.ingest.importing.recognise import Source, recognise
from auto_deployment.ingest.importing.summary import render_summary
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


class ImportFailedError(MarqueeError):
    """The disk or the file failed while importing; nothing of it is to be seen."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=Path,
        help="ratings.csv, u.data or ratings.dat of MovieLens, its other tables beside it; clean_rating.csv; "
        "captured event lines; or a folder with one of these",
    )
    parser.add_argument(
        "--scale", type=_scale, metavar="LOW-HIGH", help="of the ratings, if the file does not show it"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Import and say what was done."""
    paths = Paths(settings.data_dir)
    quarantine_bytes = load_params(settings.params_file).ingest.quarantine.max_mb << 20
    source = recognise(args.path)
    try:
        imported = _import(source, paths, Scales(args.scale, settings.rating_scale))
        if not imported.already:
            enforce_limit(paths.quarantine, quarantine_bytes)
    except OSError as error:
        raise ImportFailedError(
            f"{args.path} was not imported ({error.strerror or error}): see that {settings.data_dir} can be "
            "written and has room, then try again."
        ) from error
    sys.stdout.write(render_summary(source, imported, paths))
    return 0


def _import(source: Source, paths: Paths, scales: Scales) -> Imported:
    with tqdm(
        total=source.events.stat().st_size,
        desc=source.events.name,
        unit="B",
        unit_scale=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        return run_import(source, paths, scales, bar.update)


def _scale(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        scale = float(low), float(high)
    except ValueError:
        scale = 0.0, 0.0
    if not 0 <= scale[0] < scale[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale: use LOW-HIGH, for example 1-10")
    return scale
