"""A real sshd on loopback whose one key runs the forced command of a checkout."""

import getpass
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_ports
from tests.support.systems.lab import require_program
from tests.support.waiting import eventually

SBIN = f"{os.environ['PATH']}:/usr/sbin"


@dataclass(frozen=True, slots=True)
class SshServer:
    """Where it listens, and the files that a pipeline would have as variables."""

    port: int
    key: Path
    known_hosts: Path

    def variables(self) -> dict[str, str]:
        return {
            "DEPLOY_HOST": "127.0.0.1",
            "DEPLOY_PORT": str(self.port),
            "DEPLOY_USER": getpass.getuser(),
            "DEPLOY_SSH_KEY": str(self.key),
            "DEPLOY_KNOWN_HOSTS": str(self.known_hosts),
        }


def make_key(path: Path) -> Path:
    """Make a key pair; the public half ends with .pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@contextmanager
def running_sshd(folder: Path, command: Path, environ: Mapping[str, str]) -> Iterator[SshServer]:
    """Run sshd until the block ends; `environ` is set in every session."""
    sshd = require_program("sshd", SBIN)
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    host_key, key = make_key(folder / "host_key"), make_key(folder / "pipeline")
    authorized = folder / "authorized_keys"
    authorized.write_text(f'restrict,command="{command}" {key.with_suffix(".pub").read_text()}')
    (port,) = free_ports(1)
    lines = [
        "ListenAddress 127.0.0.1", f"Port {port}", f"HostKey {host_key}", f"AuthorizedKeysFile {authorized}",
        f"PidFile {folder / 'pid'}", "UsePAM no", "PasswordAuthentication no", "StrictModes no",
        "KbdInteractiveAuthentication no",
        "SetEnv " + " ".join(f'{name}="{value}"' for name, value in environ.items()),
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(lines) + "\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        eventually(lambda: _listens(process, folder / "log"))
        known_hosts = folder / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{port} {host_key.with_suffix('.pub').read_text()}")
        yield SshServer(port, key, known_hosts)
    finally:
        process.terminate()
        process.wait(10)


def _listens(process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    return b"listening" in log.read_bytes()
