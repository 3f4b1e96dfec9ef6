"""Alertmanager in a container, started as Compose does, beside a mail server."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.project import PROJECT
from tests.support.systems.containers import docker
from tests.support.systems.lab import network
from tests.support.waiting import eventually

IMAGE = "prom/alertmanager:v0.33.1"
MAILDEV_IMAGE = "maildev/maildev:2.2.1"
FOLDER = PROJECT / "monitoring" / "alertmanager"


def start_words(settings: Mapping[str, str], folder: Path = FOLDER) -> list[str]:
    """Return the words that start it hardened, with its configuration and the settings, up to the image."""
    variables = [f"--env={name}={value}" for name, value in settings.items()]
    hardened = ["--read-only", "--cap-drop=ALL", "--tmpfs=/tmp:mode=1777", "--tmpfs=/alertmanager:mode=1777"]
    mount = f"--volume={folder}:/etc/alertmanager:ro"
    return [*hardened, mount, *variables, "--entrypoint=/etc/alertmanager/start.sh", IMAGE]


def check(settings: Mapping[str, str], *mounts: str) -> subprocess.CompletedProcess[str]:
    """Let it write its configuration, and have that checked by amtool."""
    volumes = [f"--volume={mount}:ro" for mount in mounts]
    words = ["docker", "run", "--rm", "--network=none", *volumes, *start_words(settings), "--check"]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def published(container: str, port: int) -> str:
    """Return the address on this host of a port of a container."""
    return docker("port", container, f"{port}/tcp").splitlines()[0]


@dataclass(frozen=True, slots=True)
class Post:
    """A running Alertmanager and the mail server that it sends to; both by address."""

    alertmanager: str
    maildev: str  # empty: there is none
    net: str

    def tell(self, *alerts: Mapping[str, Any]) -> None:
        """Hand Alertmanager alerts, as Prometheus does."""
        request = urllib.request.Request(
            f"http://{self.alertmanager}/api/v2/alerts",
            json.dumps(alerts).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert reply.status == 200

    def mails(self) -> list[dict[str, Any]]:
        """Return the mails that have arrived."""
        if not self.maildev:
            return []
        with urllib.request.urlopen(f"http://{self.maildev}/email", timeout=10) as reply:
            found: list[dict[str, Any]] = json.load(reply)
        return found

    def forget(self) -> None:
        """Empty the mailbox."""
        request = urllib.request.Request(f"http://{self.maildev}/email/all", method="DELETE")
        urllib.request.urlopen(request, timeout=10).close()

    def configuration(self) -> str:
        """Return what Alertmanager works by just now."""
        with urllib.request.urlopen(f"http://{self.alertmanager}/api/v2/status", timeout=10) as reply:
            return str(json.load(reply)["config"]["original"])

    def metric(self, name: str) -> float:
        """Return the sum of a metric of Alertmanager."""
        with urllib.request.urlopen(f"http://{self.alertmanager}/metrics", timeout=10) as reply:
            lines = reply.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    @contextmanager
    def mailbox(self) -> Iterator["Post"]:
        """Let the mail server be there for as long as the block takes."""
        mail = start_mailbox(self.net)
        try:
            yield replace(self, maildev=published(mail, 1080))
        finally:
            docker("rm", "--force", mail)

    def answers(self) -> bool:
        """Tell whether both are up."""
        try:
            self.mails()
            urllib.request.urlopen(f"http://{self.alertmanager}/-/ready", timeout=10).close()
        except OSError:
            return False
        return True


def start_mailbox(net: str) -> str:
    """Start the mail server under its name."""
    words = ("run", "--detach", f"--network={net}", "--network-alias=maildev", "--publish=127.0.0.1::1080")
    return docker(*words, MAILDEV_IMAGE)


@contextmanager
def running(
    folder: Path, settings: Mapping[str, str], secret: Path | None = None, mailbox: bool = True
) -> Iterator[Post]:
    """Start both; `{gateway}` in the secret becomes the address of this host as containers see it."""
    with network() as net:
        if secret is not None:
            gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", net)
            secret.write_text(secret.read_text("utf-8").format(gateway=gateway), "utf-8")
        mail = published(start_mailbox(net), 1080) if mailbox else ""
        run = ("run", "--detach", f"--network={net}", "--publish=127.0.0.1::9093")
        alerts = docker(*run, *start_words(settings, folder))
        post = Post(published(alerts, 9093), mail, net)
        eventually(post.answers)
        yield post
