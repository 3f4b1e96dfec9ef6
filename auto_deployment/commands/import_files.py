"""`import PATH`: ratings or captured event lines become segments; what was imported, and the way back."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from auto_deployment.commands.options import read_columns, read_scale, read_share
from auto_deployment.config import Settings
from auto_deployment.dataset.catalog import SOURCE_USERS
from auto_deployment.dataset.quarantine_limit import enforce_limit
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.host.locks import only_one
from auto_deployment.ingest.importing.job import Limits, run_import
from auto_deployment.ingest.importing.look import Looked, Scales, look
from auto_deployment.ingest.importing.preview import render_preview
from auto_deployment.ingest.importing.recognise import Source, recognise
from auto_deployment.ingest.importing.replace import Replaced, replace_import
from auto_deployment.ingest.importing.source_catalog import mapped_users, read_source_catalog
from auto_deployment.ingest.importing.stored import stored_sources
from auto_deployment.ingest.importing.summary import render_sources, render_summary
from auto_deployment.ingest.importing.tables.columns import Asked
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
        help="a table of ratings (columns for user, movie, rating, time; also .gz, .zip), with the table "
        "that names its movies beside it; captured event lines; or a folder with one of these",
    )
    _ask_how_to_read(parser)
    parser.add_argument("--list", action="store_true", help="show what was imported or listened to so far")
    parser.add_argument(
        "--replace",
        metavar="SOURCE",
        help="take an earlier import away, named as --list shows it, and store PATH instead, in one step; "
        "several PATHs where all are captured event lines",
    )
    parser.add_argument(
        "--user", metavar="TEXT", help="print the number that --users map has given to this user"
    )
    parser.add_argument("--preview", action="store_true", help="say what was understood and write nothing")


def _ask_how_to_read(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scale", type=read_scale, metavar="LOW-HIGH", help="of the ratings, if they do not show it"
    )
    parser.add_argument(
        "--columns",
        type=read_columns,
        default={},
        metavar="user=COLUMN,...",
        help="which column, by name or by number from 1, is user, movie, rating or time",
    )
    parser.add_argument(
        "--time", choices=["none"], help="there are no times: all ratings get the same one, and say so"
    )
    parser.add_argument(
        "--movies",
        choices=["none"],
        help="movies are numbers that no table names: movie+NUMBER becomes their id",
    )
    parser.add_argument(
        "--users",
        choices=["map"],
        help="users are texts: each gets a number that stays, which --user prints",
    )
    parser.add_argument(
        "--allow-rejected",
        type=_share,
        metavar="SHARE",
        help="go on when up to this share of the lines (0.05, or 5%%) cannot be taken",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Import, replace, look or list; exit status 3 when too many lines would be left out."""
    paths = Paths(settings.data_dir)
    if args.list:
        sys.stdout.write(render_sources(stored_sources(paths.segments)))
        return 0
    if args.user is not None:
        sys.stdout.write(f"{_number_of(args.user, paths)}\n")
        return 0
    _check_paths(args)
    params = load_params(settings.params_file).ingest
    asked = Asked(args.columns, args.time == "none", args.movies == "none", args.users == "map")
    share = params.importing.max_rejected_share if args.allow_rejected is None else args.allow_rejected
    try:
        sources = [recognise(path, asked) for path in args.paths]
        if args.preview:
            sys.stdout.write(render_preview(sources[0], _look(sources[0], paths, args.scale), share))
            return 0
        done = _do(args.replace, sources, paths, Limits(Scales(args.scale, settings.rating_scale), share))
        if not all(one.already for one in done.imported):
            enforce_limit(paths.quarantine, params.quarantine.max_mb << 20)
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


def _number_of(user: str, paths: Paths) -> int:
    numbers = mapped_users(paths.catalog)
    if user not in numbers:
        file = paths.catalog / SOURCE_USERS.file_name
        raise BadInputError(
            f"No user {user!r} has a number, {len(numbers):,} others have ({file}): "
            "`import --users map` gives them."
        )
    return numbers[user]


def _do(replaced: str | None, sources: Sequence[Source], paths: Paths, limits: Limits) -> Replaced:
    with _bar(sources) as bar:
        if replaced is None:
            return Replaced([run_import(sources[0], paths, limits, bar.update)], ())
        with only_one(paths.ingest_lock, "Ingest"):
            return replace_import(replaced, sources, paths, limits, bar.update)


def _look(source: Source, paths: Paths, scale: tuple[float, float] | None) -> Looked:
    if source.shape is None:
        raise BadInputError(
            f"{source.events} holds event lines: `ingest --dry-run --from-file {source.events}` shows what "
            "they are."
        )
    with _bar([source], reads=1) as bar:
        catalog = read_source_catalog(source, paths.catalog)
        return look(source, catalog, paths.catalog, scale, bar.update)


def _bar(sources: Sequence[Source], reads: int = 2) -> "tqdm[Any]":
    """Show progress; tables are read twice. Of a packed file nobody knows how much text it holds."""
    packed = any(one.events.member is not None or one.events.name.endswith(".gz") for one in sources)
    nbytes = sum(one.events.path.stat().st_size * (reads if one.shape else 1) for one in sources)
    bar: tqdm[Any] = tqdm(
        total=None if packed else nbytes,
        desc=sources[0].events.name,
        unit="B",
        unit_scale=True,
        disable=not sys.stderr.isatty(),
    )
    return bar


def _share(text: str) -> float:
    try:
        share = read_share(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: use 0.05 or 5%")
    return share
