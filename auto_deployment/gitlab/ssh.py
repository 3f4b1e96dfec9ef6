"""One conversation with the server: its forced command is told words, and answers with a status."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import quote

from auto_deployment.gitlab.variables import DeployServer

SAFE = "._~:/@+,-"
CONNECT_S = 20
LOST = 255  # ssh's own status


class DeployServerError(Exception):
    """The server refused, or could not be asked; `status` is that of the job, 75: it may be tried again."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def encoded(values: Mapping[str, str]) -> list[str]:
    """Return KEY=VALUE words that hold neither blanks nor anything a shell would look at."""
    return [f"{key}={quote(value, safe=SAFE)}" for key, value in values.items() if value]


def tell(server: DeployServer, words: Sequence[str], stdin: IO[bytes] | None = None) -> str:
    """Say words to the server and return what it prints; raise `DeployServerError` with what to do."""
    with tempfile.TemporaryDirectory() as folder:
        key = _copy_of_key(server, Path(folder))
        done = subprocess.run(
            [*_command(server, key), " ".join(words)],
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        fault = _fault_of_key(key) if done.returncode == LOST else ""
    if done.returncode != 0:
        raise DeployServerError(fault or _sentence(server, done.returncode, done.stderr), done.returncode)
    return done.stdout


def _fault_of_key(key: Path) -> str:
    """Say why a key can open nothing, whatever the server says of it; nothing where it can."""
    words = ["ssh-keygen", "-y", "-P", "", "-f", str(key)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    if "passphrase" in done.stderr.lower():
        return (
            "The key in DEPLOY_SSH_KEY has a passphrase, which nobody can type in a job: make one without "
            "(ssh-keygen -N '') and run setup-host.sh on the server with its public half."
        )
    return "DEPLOY_SSH_KEY is no private key that ssh can read: the whole file, its last line included."


def _copy_of_key(server: DeployServer, folder: Path) -> Path:
    key = folder / "key"  # GitLab's file may be read by others, and may lack the last line's end
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(server.key.read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n")
    return key


def _command(server: DeployServer, key: Path) -> list[str]:
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_S),
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "ServerAliveInterval": "15",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(server.known_hosts),
    }
    words = ["ssh", "-F", "none", "-T", "-i", str(key), "-p", str(server.port)]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return [*words, "--", f"{server.user}@{server.host}"]


def _sentence(server: DeployServer, status: int, said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "no reason given"
    if status != LOST:
        return last
    where = f"{server.host} port {server.port}"
    if "host key is known for" in said.lower():
        return (
            f"DEPLOY_KNOWN_HOSTS is empty or has no key of {where}: nothing was sent. Put what setup-host.sh "
            "prints there into that variable, all lines of it."
        )
    if "host key verification failed" in said.lower():
        return (
            f"{where} shows another host key than DEPLOY_KNOWN_HOSTS: nothing was sent. If the server was "
            "set up anew, put what setup-host.sh prints into that variable; else find out who answers there."
        )
    if "permission denied" in said.lower():
        return (
            f"{where} does not take the key in DEPLOY_SSH_KEY for {server.user}: run setup-host.sh there "
            "with its public half."
        )
    return f"{where} cannot be reached: {last}"
