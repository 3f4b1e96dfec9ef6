"""`fleet token`: a token for one node, whose hash alone the master has; or let none be good any more."""

import argparse
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.fleet.master.node_tokens import Owners, line_of, read, withdrawing
from auto_deployment.fleet.names import node_name
from auto_deployment.host.files import replace_text
from auto_deployment.host.locks import describe_owner, held, owner_text


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="NODE", help="as FLEET_NODE of its agent says")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--beside", action="store_true", help="its tokens of before stay good, until it has this one"
    )
    how.add_argument(
        "--revoke", action="store_true", help="make none, and let those of before be good no more"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the new token, which nobody can see again; return 1 where there is nothing to revoke."""
    path, node = settings.master.node_tokens, node_name(args.node)
    if path is None:
        raise BadInputError(
            "FLEET_NODE_TOKENS_FILE is not set: name the file with the hashes of nodes' tokens."
        )
    with held(path.with_name(f"{path.name}.lock"), owner_text(), _refusal(path)):
        owners = read(path) if path.exists() else Owners()
        before = path.read_text("utf-8") if path.exists() else ""
        had = node in owners.good.values()
        kept = before if args.beside else withdrawing(before, node)
        if args.revoke:
            if had:
                replace_text(path, kept)
            sys.stdout.write(
                f"{node} {'has no token of its own any more' if had else 'had no token of its own'}\n"
            )
            return 0 if had else 1
        token = secrets.token_hex()
        end = "\n" if kept and not kept.endswith("\n") else ""
        replace_text(path, f"{kept}{end}{line_of(node, token)}\n")
    sys.stdout.write(f"{token}\n")
    return 0


def _refusal(path: Path) -> Callable[[str], str]:
    def refusal(holder: str) -> str:
        return (
            f"Somebody changes {path} right now ({describe_owner(holder, datetime.now(UTC))}): say it again."
        )

    return refusal
