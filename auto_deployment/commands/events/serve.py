"""`events serve`: the same over HTTP, for who has the token, until Ctrl-C or SIGTERM."""

import argparse

from auto_deployment.commands.events.wiring import every_place, places
from auto_deployment.config import Settings
from auto_deployment.config.env import hard_to_guess
from auto_deployment.paths import Paths


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve; raise `SettingsError` without a token that is hard to guess."""
    from auto_deployment.people.http import Service, build
    from auto_deployment.people.http.server import events_server

    own = settings.events
    service = Service(
        Paths(settings.data_dir),
        settings.rating_scale,
        hard_to_guess(own.token, "EVENTS_TOKEN_FILE"),
        lambda: places(settings),
        lambda: every_place(settings),
    )
    events_server(build(service), own.host, own.port, settings.log_level).run()
    return 0
