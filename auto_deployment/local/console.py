"""The console of a run: a process of its own beside the service, with a token made at the first start."""

import os
import secrets
import sys
from pathlib import Path

from auto_deployment.config.console import ConsoleSettings
from auto_deployment.host.priority import BACKGROUND
from auto_deployment.local.processes import Program
from auto_deployment.local.supervisor import Supervisor
from auto_deployment.paths import RunLayout


def start_console(supervisor: Supervisor, layout: RunLayout, settings: ConsoleSettings) -> list[str]:
    """Keep it running; return what to tell the person."""
    made = settings.token is None
    keeper = supervisor.add(_program(layout, made), stops_last=True)
    if keeper.child is not None:
        keeper.child.weigh(BACKGROUND)  # those who serve come first
    token = str(layout.console_token) if made else "CONSOLE_TOKEN_FILE"
    address = f"http://localhost:{settings.port}"
    return [f"Open {address}: the console, who serves what and how a release goes; its token is in {token}."]


def _program(layout: RunLayout, made: bool) -> Program:
    own = {"CONSOLE_TOKEN_FILE": str(_token_file(layout.console_token).absolute())} if made else {}
    return Program(
        name="console",
        command=[sys.executable, "-m", "auto_deployment", "console"],
        log=layout.log("console"),
        environ={**os.environ, **own},
        folder=Path.cwd(),
    )


def _token_file(path: Path) -> Path:
    """Return a file that only this account reads; it stays, so that nobody has to sign in anew."""
    if not path.exists() or not path.stat().st_size:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{secrets.token_hex(16)}\n")
    return path
