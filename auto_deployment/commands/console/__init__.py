"""`console`: pages for people, until Ctrl-C or SIGTERM."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from auto_deployment.commands.release.shared import look, now
from auto_deployment.config import Settings
from auto_deployment.config.controller import ControllerSettings
from auto_deployment.config.env import hard_to_guess
from auto_deployment.fleet.master.client import MasterClient
from auto_deployment.params import load_params
from auto_deployment.paths import Paths, RunLayout
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.observe.prometheus import Prometheus
from auto_deployment.release.operator.ask import Operator

MASTER_TIMEOUT_S = 1.5
PROMETHEUS_TIMEOUT_S = 1.5  # a page does without its plots rather than wait


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve; raise `SettingsError` where a token is needed or set and is not hard to guess."""
    from auto_deployment.console import Console, build
    from auto_deployment.console.access import Door
    from auto_deployment.console.judged import JudgedRecords
    from auto_deployment.console.live.edge_traffic import EdgeTraffic
    from auto_deployment.console.live.metrics import Metrics
    from auto_deployment.console.server import console_server

    own = settings.console
    if own.token is not None or own.reading_needs_token:
        hard_to_guess(own.token, "CONSOLE_TOKEN_FILE")
    params, paths = load_params(settings.params_file), Paths(settings.data_dir)
    asked, approval = Inbox(own.inbox or paths.release_inbox), settings.controller.needs_approval
    traffic = EdgeTraffic(_edge_log(settings, paths), now)
    console = Console(
        paths=paths,
        params=params,
        now=now,
        look=look(settings),
        operator=Operator(paths, asked, params.release, approval),
        inbox=asked,
        records=JudgedRecords(paths.releases, params.release),
        traffic=traffic,
        metrics=Metrics(_prometheus(settings), traffic, now),
        fleet=_fleet(settings),
    )
    app = build(console, Door(own.token, own.reading_needs_token))
    console_server(app, own.host, own.port, settings.log_level).run()
    return 0


def _fleet(settings: Settings) -> Callable[[str], Any] | None:
    master = settings.master
    if not master.url:
        return None
    token = hard_to_guess(master.operator_token, "FLEET_OPERATOR_TOKEN_FILE")
    return MasterClient(master.url, token, (MASTER_TIMEOUT_S, MASTER_TIMEOUT_S)).get


def _edge_log(settings: Settings, paths: Paths) -> Path:
    if settings.controller.in_containers:
        return settings.controller.edge_dir / "logs" / "edge.log"
    return RunLayout.below(paths.run).edge_log


def _prometheus(settings: Settings) -> Prometheus | None:
    """Return where series come from; plain processes have none unless they are told of one."""
    url = settings.controller.prometheus_url
    if not settings.controller.in_containers and url == ControllerSettings().prometheus_url:
        return None
    return Prometheus(url, PROMETHEUS_TIMEOUT_S)
