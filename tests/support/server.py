"""A real Gunicorn in a process of its own, as the service is run."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

CONFIG = PROJECT / "app" / "gunicorn.conf.py"
START_S = 60.0


class Server:
    """One running instance: its address, its processes, its log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path, workers: str) -> None:
        self.process = process
        self.port = port
        self.log = log
        self.wanted_workers = workers  # as it was set; that may be no number
        self.url = f"http://127.0.0.1:{port}"

    def workers(self) -> list[int]:
        """Return the process ids of the workers, oldest first."""
        pid = self.process.pid
        try:
            text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
        except FileNotFoundError:
            return []
        return [int(word) for word in text.split()]

    def log_text(self) -> str:
        return self.log.read_text("utf-8")

    def kill_worker(self) -> None:
        """Kill the oldest worker and wait until another has taken its place."""
        victim, *others = self.workers()
        os.kill(victim, signal.SIGKILL)

        def is_replaced() -> bool:
            return victim not in (now := self.workers()) and len(now) > len(others)

        eventually(is_replaced, saying=self.log_text)

    def wait_until_ready(self) -> None:
        """Wait for all workers and an answer; raise `RuntimeError` with the log when it ends instead.

        The first worker answers, on a busy machine, long before the second one is there.
        """

        def answers() -> object:
            if self.process.poll() is not None:
                raise RuntimeError(f"the service did not start:\n{self.log_text()}")
            requests.get(f"{self.url}/health/live", timeout=5)
            return len(self.workers()) >= int(self.wanted_workers)

        eventually(answers, START_S, saying=self.log_text)


def spawn(
    log: Path,
    environ: Mapping[str, str],
    *arguments: str,
    config: Path = CONFIG,
    port: int | None = None,
    root: Path = PROJECT,
) -> Server:
    """Start Gunicorn with the given variables and nothing else of this environment but the path.

    `root` is the folder whose `app` it serves.
    """
    port = port or free_port()
    env = {"PATH": os.environ["PATH"], "HOME": str(log.parent), "PORT": str(port), **environ}
    command = [sys.executable, "-m", "gunicorn", "--config", str(config), *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=root, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Server(process, port, log, environ.get("WORKERS", "2"))


@contextmanager
def serving(
    log: Path,
    environ: Mapping[str, str],
    *arguments: str,
    config: Path = CONFIG,
    root: Path = PROJECT,
    port: int | None = None,
) -> Iterator[Server]:
    """Run an instance until it is no longer needed, at a free port where none is given."""
    server = spawn(log, environ, *arguments, config=config, root=root, port=port)
    try:
        server.wait_until_ready()
        yield server
    finally:
        stop(server)


def run_to_end(log: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    """Start an instance that shall refuse to run; return its exit status and all that it said."""
    server = spawn(log, environ)
    try:
        return server.process.wait(timeout=START_S), server.log_text()
    finally:
        stop(server)


def stop(server: Server) -> None:
    """End the instance as an operator would; kill its process group when it does not obey."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
        try:
            server.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait(timeout=20)
