"""`release deploy IMAGE`: hand a candidate to the controller and return at once."""

import argparse
import sys

from auto_deployment.commands.release_parts import add_by, images, inbox, now, store
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.local.shelf import CURRENT, Shelf
from auto_deployment.paths import Paths
from auto_deployment.release.aftermath import build_of
from auto_deployment.release.inbox import Request
from auto_deployment.release.intake import refuse
from auto_deployment.release_records import read_rejected, read_serving


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "image",
        nargs="?",
        default=CURRENT,
        help="an image of the inference service on this host; for plain processes a version or folder "
        "(default: the current model)",
    )
    add_by(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Name the image for ever and ask for its release; raise `MarqueeError` when it comes to nothing."""
    paths, shelf = Paths(settings.data_dir), images(settings)
    build = shelf.keep(args.image)
    if isinstance(shelf, Shelf) and not shelf.in_use:
        stable = shelf.take_over()
        sys.stdout.write("From now on releases say what serves; `current` is followed no longer.\n")
        if build == stable:
            return 0
    serving, record = read_serving(paths), store(settings).newest()
    if serving is None:
        raise MarqueeError("The controller has not looked yet: try again in a moment.")
    wish = Request("", build, args.by, now())
    current = record.release if record else None
    if refusal := refuse(wish, current, build_of(serving), read_rejected(paths)):
        raise MarqueeError(f"{build.release} is not released: {refusal}")
    inbox(settings).ask(build, args.by, now())
    sys.stdout.write(f"{build.release} is on its way. `release status` shows how it goes.\n")
    return 0
