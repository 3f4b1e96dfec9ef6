"""`marquee run` as a person starts it: a process of its own on free ports."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auto_deployment.host.processes import identity
from auto_deployment.paths import RunLayout
from tests.support.http import AT_ONCE, get_many
from tests.support.models import Size, write_model
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.waiting import eventually

VERSION = "20261101T0000-00000000"
PORTS = (
    "MARQUEE_PORT", "NGINX_STATUS_PORT", "STABLE_PORT", "CANARY_PORT", "FEEDBACK_COLLECT_METRICS_PORT",
    "FEEDBACK_JOIN_METRICS_PORT", "CONSOLE_PORT",
)  # fmt: skip
UP = "Ctrl-C stops everything"


def give_model(data_dir: Path, size: Size | None = None, version: str = VERSION) -> None:
    """Put a generated model where training would, and make it current."""
    models = data_dir / "models"
    write_model(models / version, size, version=version)
    (models / "current").unlink(missing_ok=True)
    (models / "current").symlink_to(version)


def environment(data_dir: Path) -> dict[str, str]:
    """Return an environment with free ports and one worker for each instance."""
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    return {**os.environ, "DATA_DIR": str(data_dir), "CODE_REVISION": "abc", "WORKERS": "1", **ports}


@dataclass(frozen=True, slots=True)
class LocalRun:
    """A started run: its process, its environment, and where its output goes."""

    process: subprocess.Popen[bytes]
    environ: dict[str, str]
    output: Path

    @property
    def port(self) -> int:
        return int(self.environ["MARQUEE_PORT"])

    @property
    def layout(self) -> RunLayout:
        return RunLayout.below(Path(self.environ["DATA_DIR"]) / "run")

    def wait_until_up(self) -> None:
        """Wait for the greeting; fail with the output when the run ends instead."""

        def is_up() -> bool:
            assert self.process.poll() is None, self.text()
            return UP in self.text()

        eventually(is_up, saying=self.text)

    def text(self) -> str:
        return self.output.read_text("utf-8")

    def group_leaders(self) -> list[int]:
        """Return the processes that serve: three Gunicorns, then NGINX; the console is not among them."""
        return [int(name.split()[1]) for name in self._names()[-4:]]

    def alive(self) -> list[int]:
        """Return which of these still live."""
        return [pid for pid in self.group_leaders() if identity(pid) in self._names()]

    def ask(self, users: Sequence[int], connections: int = 4, at_once: int = AT_ONCE) -> list[dict[str, Any]]:
        """Ask for each user, which must succeed; return what NGINX's log says of these requests."""
        log = self.layout.edge_log
        before = log.stat().st_size

        def lines() -> list[bytes]:
            return log.read_bytes()[before:].splitlines()

        paths = [f"/recommend/{user}" for user in users]
        assert get_many(self.port, paths, connections, at_once) == {200: len(users)}
        eventually(lambda: len(lines()) >= len(users))
        return [json.loads(line) for line in lines()]

    def _names(self) -> list[str]:
        return self.layout.processes.read_text("utf-8").splitlines()


def start_run(environ: dict[str, str], output: Path) -> LocalRun:
    """Start the command and return at once."""
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "auto_deployment", "run"],
            cwd=PROJECT, env=environ, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    return LocalRun(process, environ, output)


@contextmanager
def running(data_dir: Path, output: Path, environ: dict[str, str] | None = None) -> Iterator[LocalRun]:
    """Start the command, wait until it serves, and end it however the test went."""
    run = start_run(environ or environment(data_dir), output)
    try:
        run.wait_until_up()
        yield run
    finally:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
        run.process.wait(30)
