"""An HTTP service of ours in a process group of its own."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.support.project import PROJECT
from tests.support.waiting import eventually


@contextmanager
def own_server(
    words: Sequence[str], environ: Mapping[str, str], log: Path, url: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a service until it is live, and end it by SIGTERM, or with all it has started."""
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=environ, cwd=PROJECT, stderr=file, start_new_session=True)
    try:
        eventually(lambda: requests.get(f"{url}/health/live", timeout=5).ok)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
