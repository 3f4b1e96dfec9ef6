"""`release rollback`: an older release serves everybody again."""

import argparse
import sys

from auto_deployment.commands.release.shared import add_by, images, inbox, now, store
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import have_served, is_rejected, serves_after
from auto_deployment.release.records import read_rejected, read_serving
from auto_deployment.release.release import Build, Kind


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", nargs="?", help="a release or a model version; without one: the last")
    add_by(parser)
    parser.add_argument("--reason", default="", help="reason for the record and the mails")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask for the rollback and return at once; raise `MarqueeError` when there is nothing to go back to."""
    serving = read_serving(Paths(settings.data_dir))
    if serving is None:
        raise MarqueeError("Nothing has been released yet: there is nothing to go back to.")
    record = store(settings).newest()
    if record is not None and record.release.under_way:
        raise MarqueeError(f"{record.release.id} is under way: `release abort` puts stable back.")
    # What serves is written down after the release that brought it, with a full disk much later.
    serves = serving.release if record is None else serves_after(record.release).release
    target = _target(args.version, serves, settings)
    builds = images(settings)
    builds.id_of(builds.tag(target.release))  # raises where it is gone
    inbox(settings).request(target, args.by, now(), Kind.ROLLBACK, args.reason)
    sys.stdout.write(f"Back to {target.release}. `release status` shows how it goes.\n")
    return 0


def _target(version: str | None, serving: str, settings: Settings) -> Build:
    """Return the newest release before the present one that served everybody, or the one that is named."""
    rejected = read_rejected(Paths(settings.data_dir))
    for build in have_served(record.release for record in store(settings).history()):
        named = version in (build.release, build.model_version)
        usual = version is None and is_rejected(build, rejected) is None
        if build.release != serving and (named or usual):
            return build
    wanted = version or "an earlier one"
    raise MarqueeError(
        f"No release {wanted} has served everybody before: `release history` shows those that were."
    )
