"""A server with S3's interface: moto, as a process of its own in an environment of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import requests

from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

HOME = PROJECT / ".venv-s3"  # made by `make .venv-s3/.done`
LIBRARIES = HOME / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "who",
    "AWS_SECRET_ACCESS_KEY": "a secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class S3Server:
    """A running server; what it holds is in its memory."""

    def __init__(self, log: Path, host: str = "127.0.0.1") -> None:
        port = free_port()
        self.url, self._log = f"http://{host}:{port}", log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [HOME / "bin" / "python", "-m", "moto.server", "-H", host, "-p", str(port)],
                stdout=file, stderr=file,
            )  # fmt: skip
        self.environ = {**CREDENTIALS, "AWS_ENDPOINT_URL": self.url}
        eventually(lambda: requests.get(f"{self.url}/moto-api/", timeout=5).ok, saying=log.read_text)

    def bucket(self) -> str:
        """Make a bucket and return its name."""
        name = f"models-{uuid4().hex}"
        requests.put(f"{self.url}/{name}", timeout=30).raise_for_status()
        return name

    def ask_who(self, is_strict: bool) -> None:
        """Let it refuse unknown credentials from now on, or take any."""
        count = b"0" if is_strict else b"1000000000"
        requests.post(f"{self.url}/moto-api/reset-auth", data=count, timeout=30).raise_for_status()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it take connections and answer nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def client_libraries() -> Iterator[None]:
    """Let s3fs be found, after everything that is installed here."""
    sys.path.append(os.fspath(LIBRARIES))
    try:
        yield
    finally:
        sys.path.remove(os.fspath(LIBRARIES))
