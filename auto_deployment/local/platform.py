"""What a run with demo data has beside the service: people who ask and watch, and the feedback about it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.host.priority import BACKGROUND
from auto_deployment.local.processes import Program
from auto_deployment.local.supervisor import Supervisor
from auto_deployment.paths import RunLayout


def start_platform(
    supervisor: Supervisor, layout: RunLayout, addresses: LocalAddresses, per_s: float
) -> None:
    """Keep all of it running, after NGINX; nothing where nobody asks."""
    if not per_s:
        return
    for program in programs(layout, addresses, per_s):
        keeper = supervisor.add(program, stops_last=True)
        if keeper.child is not None:
            keeper.child.weigh(BACKGROUND)  # those who serve come first


def programs(layout: RunLayout, addresses: LocalAddresses, per_s: float) -> list[Program]:
    here = (
        f"127.0.0.1:{addresses.port}" if addresses.host == "0.0.0.0" else f"{addresses.host}:{addresses.port}"
    )
    words = {
        "feedback-collect": ["feedback", "collect"],
        "feedback-join": ["feedback", "join"],
        "platform": ["simulate", "--segments", f"--ask={here}", f"--asks-per-s={per_s:g}"],
    }
    return [_program(layout, name, command) for name, command in words.items()]


def _program(layout: RunLayout, name: str, command: Sequence[str]) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-m", "auto_deployment", *command],
        log=layout.log(name),
        environ=os.environ,
        folder=Path.cwd(),
    )
