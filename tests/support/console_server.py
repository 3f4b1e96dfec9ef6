"""The real console as its command starts it: Gunicorn in a process of its own, on a data directory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.http import get
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

TOKEN = "0123456789abcdef" * 2


@contextmanager
def console_of(data: Path, **environ: str) -> Iterator[str]:
    """Serve a data directory; return the address."""
    port, log = free_port(), data.with_name(f"{data.name}.log")
    own = {"PATH": os.environ["PATH"], "HOME": str(data), "DATA_DIR": str(data), "CONSOLE_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "auto_deployment", "console"],
            cwd=PROJECT, env={**own, "CONSOLE_TOKEN": TOKEN, **environ}, stdout=output, stderr=output,
        )  # fmt: skip

    def answers() -> bool:
        assert process.poll() is None, log.read_text("utf-8")
        return get(port, "/live.json").body != b"{}"

    try:
        eventually(answers, saying=lambda: log.read_text("utf-8"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
