"""`events serve`: the same over HTTP, for who has the token, until Ctrl-C or SIGTERM."""

import argparse

from auto_deployment.commands.events.wiring import every_place, places
from auto_deployment.config import Settings, SettingsError
from auto_deployment.paths import Paths

MIN_TOKEN = 16


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve; raise `SettingsError` without a token that is hard to guess."""
    from auto_deployment.people.http import Service, build
    from auto_deployment.people.http.server import EventsServer

    own = settings.events
    if len(own.token or "") < MIN_TOKEN:
        said = "is not set" if own.token is None else f"has only {len(own.token)} characters"
        raise SettingsError(
            f"The token of EVENTS_TOKEN_FILE {said}: name a file with at least {MIN_TOKEN} that nobody can "
            "guess, for example of `openssl rand -hex 32`."
        )
    assert own.token is not None
    service = Service(
        Paths(settings.data_dir),
        settings.rating_scale,
        own.token,
        lambda: places(settings),
        lambda: every_place(settings),
    )
    EventsServer(build(service), own.host, own.port, settings.log_level).run()
    return 0
