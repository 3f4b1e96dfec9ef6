"""`fetch`: bring the model of a published version, or its index, to whoever builds an image of it."""

import argparse
import shutil
import sys
import tarfile
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.fetching import NothingPublishedError, fetched_model
from auto_deployment.release.records import read_rejected

NOTHING_PUBLISHED = 3


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", nargs="?", help="default: the newest that no release has rejected")
    parser.add_argument(
        "--index", action="store_true", help="what words find movies with, instead of the model"
    )
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="a new folder, or - for a tar on standard output"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the model; return 3 where nothing was published yet and no version was asked for."""
    paths = Paths(settings.data_dir)
    if args.out != "-" and Path(args.out).exists():
        raise BadInputError(f"{args.out} is there already: name a new folder.")
    layout = CycleLayout.below(paths.cycle)
    layout.root.mkdir(parents=True, exist_ok=True)
    rejected = {one.content_hash for one in read_rejected(paths) if one.content_hash}
    try:
        with fetched_model(
            layout, settings.publish, args.version, rejected, with_index=args.index
        ) as fetched:
            folder = fetched.index if args.index else fetched.folder
            if folder is None:
                raise NothingPublishedError(f"{fetched.version} was published without an index.")
            _write(folder, args.out)
            sys.stderr.write(f"{'index' if args.index else 'model'} {fetched.version}\n")
    except NothingPublishedError as error:
        sys.stderr.write(f"{error}\n")
        return NOTHING_PUBLISHED
    return 0


def _write(folder: Path, out: str) -> None:
    if out != "-":
        shutil.copytree(folder, out)
        return
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
