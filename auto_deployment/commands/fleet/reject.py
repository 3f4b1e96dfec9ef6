"""`fleet reject`: rule a model out by its content, under whatever version it comes."""

import argparse
import sys

from auto_deployment.commands.fleet.shared import add_operation, changed, key_of, master_of
from auto_deployment.config import Settings
from auto_deployment.fleet.errors import MissingError
from auto_deployment.fleet.master.client import MasterClient
from auto_deployment.fleet.names import CONTENT


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="a version, or the content hash of its manifest")
    parser.add_argument("--reason", required=True, help="for the store and the audit")
    add_operation(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Reject it, and print which versions have this content."""
    master, model = master_of(settings), settings.fleet.model
    content = args.model if CONTENT.fullmatch(args.model) else _content(master, model, args.model)
    found = changed(
        master, "PUT", "models", model, "rejected", content,
        key=key_of(args), by=args.by, body={"reason": args.reason},
    )  # fmt: skip
    versions = ", ".join(found["versions"]) or "no version in the store has it"
    sys.stdout.write(f"{content} is never delivered again: {versions}\n")
    return 0


def _content(master: MasterClient, model: str, version: str) -> str:
    versions = master.get("models")["models"].get(model, {"versions": []})["versions"]
    for one in versions:
        if one["version"] == version:
            return str(one["content_hash"])
    raise MissingError(f"The model store has no version {version} of {model}.")
