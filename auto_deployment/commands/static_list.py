"""`static-list`: keep the files that NGINX answers with when no instance does."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.edge.static_list import NoListError, ask_any, write
from auto_deployment.host.signals import until_stopped

log = logging.getLogger(__name__)

EVERY_S = 10.0
SOON_S = 1.0  # where there is none yet


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        dest="addresses",
        action="append",
        required=True,
        metavar="HOST:PORT",
        help="an instance that serves users; may be repeated, the first that answers counts",
    )
    parser.add_argument(
        "--folder", type=Path, required=True, metavar="DIR", help="where NGINX finds the list"
    )
    parser.add_argument("--once", action="store_true", help="write it once and end")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the list whenever the serving model changes; return 0, with `--once` raise when there is none."""
    if args.once:
        write(ask_any(args.addresses), args.folder)
        return 0
    with until_stopped(twice_ends=True) as stop:
        while not stop.is_set():
            stop.wait(EVERY_S if step(args.addresses, args.folder) else SOON_S)
    return 0


def step(addresses: Sequence[str], folder: Path) -> bool:
    """Look once; return whether there is a list now, new or old."""
    try:
        popular = ask_any(addresses)
        if write(popular, folder):
            log.info("The static list comes from release %s now", popular.release)
    except NoListError as error:
        log.warning("The static list stays as it is: %s", error)
    except Exception:
        log.exception("Writing the static list failed")
    return (folder / "current").exists()
