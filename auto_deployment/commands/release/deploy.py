"""`release deploy IMAGE`: hand a candidate to the controller and return at once."""

import argparse
import sys
from collections.abc import Mapping

from auto_deployment.commands.release.shared import add_by, images, inbox, now, store
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.local.releases.models import CURRENT, ModelStore
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import build_of
from auto_deployment.release.inbox import Request
from auto_deployment.release.origin import LABELS, parse_origin
from auto_deployment.release.records import read_rejected, read_serving
from auto_deployment.release.requests import SERVES, UNDER_WAY, PastReleases, must_wait, refuse

REFUSED = 3


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "image",
        nargs="?",
        default=CURRENT,
        help="an image of the inference service on this host; for plain processes a version or folder "
        "(default: the current model)",
    )
    add_by(parser)
    parser.add_argument(
        "--origin",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"what the pipeline knows, to stand in the record; keys: {', '.join(LABELS)}",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Name the image for ever and ask for its release; return 3 when it is refused, saying why.

    Asking for what is under way or serves already changes nothing and is no mistake: a job may be repeated.
    """
    paths, builds, origin = Paths(settings.data_dir), images(settings), parse_origin(args.origin)
    build = builds.build_of(args.image)
    if isinstance(builds, ModelStore):
        if not builds.in_use:
            stable = builds.take_over()
            sys.stdout.write("From now on releases say what serves; `current` is followed no longer.\n")
            if build == stable:
                return 0
    else:
        origin = {**origin, "image_id": _tested(builds.id_of(args.image), origin)}
    serving, record = read_serving(paths), store(settings).newest()
    if serving is None:
        raise MarqueeError("The controller has not looked yet: try again in a moment.")
    current = record.release if record else None
    request, past = Request("", build, args.by, now()), PastReleases(read_rejected(paths))
    refusal = refuse(request, current, build_of(serving), past)
    if refusal in (UNDER_WAY, SERVES):
        sys.stdout.write(f"{build.release} is not released again: {refusal}\n")
        return 0
    if refusal:
        sys.stderr.write(f"{build.release} is not released: {refusal}\n")
        return REFUSED
    builds.keep(args.image, may_move=not _has_run(build.release, settings))
    inbox(settings).request(build, args.by, now(), origin=origin)
    waits = f" It waits for {record.release.id}." if record and must_wait(request, current, None) else ""
    sys.stdout.write(f"{build.release} is on its way.{waits} `release status` shows how it goes.\n")
    return 0


def _tested(image_id: str, origin: Mapping[str, str]) -> str:
    """Return the image's id, which must be the one that was tested, where that is known."""
    if origin.get("image_id", image_id) != image_id:
        raise BadInputError(f"{image_id} is not the image that was tested, {origin['image_id']}.")
    return image_id


def _has_run(release: str, settings: Settings) -> bool:
    """Tell whether a release of this name ever had an instance: its image is known by that name."""
    past = [one.release for one in store(settings).history()]
    return any(release in (one.id, one.stable.release) for one in past)
