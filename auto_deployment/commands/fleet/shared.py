"""What the commands of `fleet` share: the store and the volume that the settings name."""

import argparse
import getpass
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from auto_deployment.config import Settings
from auto_deployment.config.env import hard_to_guess
from auto_deployment.errors import BadInputError
from auto_deployment.fleet.errors import MasterError
from auto_deployment.fleet.master.client import MasterClient
from auto_deployment.fleet.opening import open_store
from auto_deployment.fleet.store import ModelStore
from auto_deployment.paths import Paths


def store_of(settings: Settings, *, of_indexes: bool = False) -> ModelStore:
    """Return the store, or the part of it that has indexes; raise `BadInputError` where none is set."""
    store = open_store(settings.fleet.store, settings.fleet.model)
    return store.of_indexes() if of_indexes else store


def opener_of(settings: Settings) -> Callable[[], ModelStore] | None:
    """Return what opens the store, None where none is set."""
    return partial(store_of, settings) if settings.fleet.store else None


def master_of_node(settings: Settings) -> MasterClient | None:
    """Return the master as a node talks to it, None where the settings name none."""
    own = settings.master
    return MasterClient(own.url, hard_to_guess(own.node_token, "FLEET_NODE_TOKEN_FILE")) if own.url else None


def master_of(settings: Settings) -> MasterClient:
    """Return the master as its operator talks to it; raise `BadInputError` where none is set."""
    own = settings.master
    if not own.url:
        raise BadInputError("MASTER_URL is not set: name the address where `marquee fleet master` answers.")
    return MasterClient(own.url, hard_to_guess(own.operator_token, "FLEET_OPERATOR_TOKEN_FILE"))


def add_operation(parser: argparse.ArgumentParser) -> None:
    """Declare who asks, and the name of the operation."""
    parser.add_argument("--by", default=user(), metavar="NAME", help="for the audit (default: %(default)s)")
    parser.add_argument(
        "--key",
        default="",
        help="the operation's name: with the same one it is done once, however often sent",
    )


def changed(
    master: MasterClient, method: str, *path: str, key: str, by: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask for an operation; where nobody knows whether it was done, say how to ask again."""
    try:
        return master.change(method, *path, key=key, by=by, body=body)
    except MasterError as error:
        if error.status is None or error.status >= 500:
            raise MasterError(
                f"{error} Once more, without doing it twice: --key {key}.", error.status
            ) from error
        raise


def key_of(args: argparse.Namespace) -> str:
    return str(args.key) or str(uuid4())


def user() -> str:
    """Return who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def volume_of(settings: Settings) -> Path:
    """Return the node's folder for models."""
    return settings.fleet.volume or Paths(settings.data_dir).fleet


def state_file(volume: Path) -> Path:
    """Return where the agent says how things stand."""
    return volume / "agent.json"
