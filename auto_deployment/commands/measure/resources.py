"""`resources`: what a deployment has and uses, again and again, and a plot."""

import argparse
import logging
import time
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.commands.measure.shared import add_platform, out_file, project, word, write_bytes
from auto_deployment.config import Settings
from auto_deployment.errors import BadInputError
from auto_deployment.host.signals import until_stopped
from auto_deployment.recipe.compose.engine import Engine
from auto_deployment.recipe.compose.project import ComposeProject
from auto_deployment.recipe.kubernetes.kubectl import Kubectl
from auto_deployment.recipe.kubernetes.namespace import KubernetesNamespace
from auto_deployment.recipe.resources.ports import Deployed, Look
from auto_deployment.recipe.resources.watch import COLUMNS, rows, watch
from auto_deployment.recipe.rows import RowsFile
from auto_deployment.recipe.words import read_positive, read_seconds

EVERY_MIN_S = 0.5

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    add_platform(parser)
    parser.add_argument("--every", type=word(read_seconds), default=5.0, metavar="TIME", help="(default: 5s)")
    until = "how long (default: until Ctrl-C or SIGTERM)"
    parser.add_argument("--minutes", type=word(read_positive), metavar="N", help=until)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the table (CSV); the plot is FILE with .svg"
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write a row for each service at each look."""
    if args.every < EVERY_MIN_S:
        raise BadInputError(
            f"--every is {args.every:g}s: use {EVERY_MIN_S:g}s or more, looks cost the engine time."
        )
    deployed, out = _deployed(args), out_file(args.out, settings, "resources")
    deployed.look()  # before a file appears
    file, looks = RowsFile(out, COLUMNS), list[Look]()

    def tell(look: Look) -> None:
        looks.append(look)
        file.add(rows(look, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))

    total_s = None if args.minutes is None else 60 * args.minutes
    try:
        with until_stopped() as stop:
            watch(deployed, args.every, total_s, stop, time.monotonic, tell)
    finally:
        if looks:
            from auto_deployment.recipe.plots import resources_plot

            write_bytes(out.with_suffix(".svg"), resources_plot(looks))
    log.info("%d looks are in %s, the plot beside it", len(looks), out)
    return 0


def _deployed(args: argparse.Namespace) -> Deployed:
    if args.namespace is not None:
        return KubernetesNamespace(Kubectl(args.namespace))
    return ComposeProject(Engine(), project(args.project))
