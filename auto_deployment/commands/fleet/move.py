"""`fleet set`: let a channel want another version."""

import argparse
import sys
from datetime import UTC, datetime

from auto_deployment.commands.fleet.shared import store_of
from auto_deployment.config import Settings
from auto_deployment.fleet.errors import ChangedError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", help="stable or canary")
    parser.add_argument("version", help="as `marquee fleet status` and the store name it")
    parser.add_argument(
        "--instead-of", metavar="VERSION", help="refuse unless the channel wants this one so far"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Move the channel and print what is wanted then."""
    store = store_of(settings)
    seen = store.channels()
    found = seen.channels.wanted.get(args.channel)
    if args.instead_of is not None and found != args.instead_of:
        raise ChangedError(
            f"{args.channel} wants {found or 'nothing'}, not {args.instead_of}: nothing was changed."
        )
    wanted = store.move({args.channel: args.version}, datetime.now(UTC), seen).wanted
    if not store.files.guarded:
        sys.stderr.write("This kind of store does not notice two changes at once: let one host make them.\n")
    sys.stdout.write("".join(f"{channel} wants {version}\n" for channel, version in sorted(wanted.items())))
    return 0
