"""`fleet set`: let a channel want another version."""

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from auto_deployment.commands.fleet.shared import add_operation, changed, key_of, master_of, store_of
from auto_deployment.config import Settings
from auto_deployment.fleet.errors import ChangedError
from auto_deployment.fleet.master.client import MasterClient


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", help="stable or canary")
    parser.add_argument("version", help="as `marquee fleet status` and the store name it")
    parser.add_argument(
        "--instead-of", metavar="VERSION", help="refuse unless the channel wants this one so far"
    )
    parser.add_argument("--index", action="store_true", help="of the index that words find movies with")
    add_operation(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Move the channel and print what is wanted then."""
    if settings.master.url and not args.index:
        return _by_the_master(master_of(settings), args, settings.fleet.model)
    store = store_of(settings, of_indexes=args.index)
    seen = store.channels()
    found = seen.channels.wanted.get(args.channel)
    if args.instead_of is not None and found != args.instead_of:
        raise ChangedError(
            f"{args.channel} wants {found or 'nothing'}, not {args.instead_of}: nothing was changed."
        )
    wanted = store.move({args.channel: args.version}, datetime.now(UTC), seen).wanted
    _print(wanted)
    return 0


def _by_the_master(master: MasterClient, args: argparse.Namespace, model: str) -> int:
    """Ask the master, which writes it down; without --instead-of, instead of what it last saw wanted."""
    expected = args.instead_of
    if expected is None:
        expected = master.get("channels")["models"].get(model, {}).get(args.channel)
    found = changed(
        master, "PUT", "channels", model, args.channel,
        key=key_of(args), by=args.by, body={"version": args.version, "expected": expected},
    )  # fmt: skip
    _print(found["wanted"])
    return 0


def _print(wanted: Mapping[str, str]) -> None:
    sys.stdout.write("".join(f"{channel} wants {version}\n" for channel, version in sorted(wanted.items())))
