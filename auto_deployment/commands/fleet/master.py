"""`fleet master`: who is there, what serves, and what shall change, over HTTP, until Ctrl-C or SIGTERM."""

import argparse
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from auto_deployment.commands.fleet.shared import store_of
from auto_deployment.config import Settings
from auto_deployment.config.env import SettingsError, hard_to_guess
from auto_deployment.config.master import MasterSettings
from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import describe_owner, held, owner_text
from auto_deployment.params import load_params
from auto_deployment.paths import Paths
from auto_deployment.release.records import read_serving

if TYPE_CHECKING:
    from auto_deployment.fleet.master.http import Tokens


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve; raise `SettingsError` without two tokens that are hard to guess."""
    from auto_deployment.fleet.master.http import build
    from auto_deployment.fleet.master.http.server import master_server
    from auto_deployment.fleet.master.master import Master, MasterParts

    own, paths, tokens = settings.master, Paths(settings.data_dir), tokens_of(settings.master)
    params, folder = load_params(settings.params_file).fleet, own.folder or paths.master
    store_of(settings)  # it is set, and its client is installed

    def champion() -> str | None:
        serving = read_serving(paths)
        return None if serving is None else serving.model_version

    def refusal(holder: str) -> str:
        owner = describe_owner(holder, datetime.now(UTC))
        return f"A master already runs on {folder} ({owner}): a fleet has one. Stop it, or set MASTER_DIR."

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MarqueeError(f"{folder} cannot be made ({error.strerror}): set MASTER_DIR.") from error
    parts = MasterParts(
        folder, lambda: store_of(settings).files, champion, params.poll_s, params.silent_s, time.time
    )
    with held(folder / "master.lock", owner_text(), refusal):
        master = Master(parts)
        master.database.open()  # what keeps it from starting is said here, in one sentence
        master.database.close()
        master_server(build(master, tokens), master, own.host, own.port, settings.log_level).run()
    return 0


def tokens_of(own: MasterSettings) -> "Tokens":
    """Return who may report and who may change what; raise `SettingsError`."""
    from auto_deployment.fleet.master.http import Tokens
    from auto_deployment.fleet.master.node_tokens import NodeTokens
    from auto_deployment.web.access import digest_of

    if own.node_token is not None or own.node_tokens is None:
        hard_to_guess(own.node_token, "FLEET_NODE_TOKEN_FILE")
    tokens = Tokens(
        NodeTokens(own.node_token, own.node_tokens),
        hard_to_guess(own.operator_token, "FLEET_OPERATOR_TOKEN_FILE"),
    )
    if tokens.nodes.knows(digest_of(tokens.operator)):
        raise SettingsError(
            "FLEET_OPERATOR_TOKEN_FILE has a token of nodes (FLEET_NODE_TOKEN_FILE, FLEET_NODE_TOKENS_FILE), "
            "with which a node could delete models: make another one for the operator."
        )
    return tokens
