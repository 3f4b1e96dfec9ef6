"""`console`: pages for people, until Ctrl-C or SIGTERM."""

import argparse
from datetime import UTC, datetime

from auto_deployment.config import Settings
from auto_deployment.config.env import hard_to_guess
from auto_deployment.params import load_params
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve; raise `SettingsError` where a token is needed or set and is not hard to guess."""
    from auto_deployment.console import Console, build
    from auto_deployment.console.access import Door
    from auto_deployment.console.server import console_server

    own = settings.console
    if own.token is not None or own.reading_needs_token:
        hard_to_guess(own.token, "CONSOLE_TOKEN_FILE")
    console = Console(Paths(settings.data_dir), load_params(settings.params_file), lambda: datetime.now(UTC))
    app = build(console, Door(own.token, own.reading_needs_token))
    console_server(app, own.host, own.port, settings.log_level).run()
    return 0
