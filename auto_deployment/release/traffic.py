"""Who gets requests: the upstream of NGINX in its container, written, checked, taken over without a gap."""

import logging
import re
from pathlib import Path
from typing import Protocol

from auto_deployment.local.files import replace_text
from auto_deployment.nginx_config import Server, TrafficError, upstream
from auto_deployment.release.docker import Docker, DockerError
from auto_deployment.release.instances import PROJECT, SERVICE
from auto_deployment.release.world import CANARY_NAME, NAMES, Traffic
from auto_deployment.traffic_params import TrafficParams

log = logging.getLogger(__name__)

RESOLVER = "127.0.0.11 valid=1s ipv6=off"  # Docker's own
STABLE_PORT, CANARY_PORT = 8000, 8001
FIRST_SALT = "first"
SALT = re.compile(r'^\s*hash "(.+):\$marquee_split_key"', re.MULTILINE)
SERVER = re.compile(r"^\s*server ([a-z0-9-]+):\d+ ", re.MULTILINE)


class Edge(Protocol):
    """What the controller needs of NGINX."""

    def read(self) -> Traffic: ...
    def write(self, traffic: Traffic) -> None: ...


def address(name: str) -> str:
    """Return where an instance listens; the port tells the track."""
    return f"{name}:{CANARY_PORT if name == CANARY_NAME else STABLE_PORT}"


def weight(name: str, params: TrafficParams) -> int:
    """Return an instance's share of the users."""
    return params.canary_weight if name == CANARY_NAME else params.stable_weight


class NginxContainer:
    """NGINX as a service of a Compose project, which reads `upstream.conf` from a shared folder."""

    def __init__(self, docker: Docker, project: str, folder: Path, params: TrafficParams) -> None:
        self._docker, self._project, self._params = docker, project, params
        self._file = folder / "upstream.conf"

    def read(self) -> Traffic:
        """Return what NGINX was told last."""
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            return Traffic(frozenset(), FIRST_SALT)
        salt = SALT.search(text)
        return Traffic(frozenset(SERVER.findall(text)), salt[1] if salt else FIRST_SALT)

    def write(self, traffic: Traffic) -> None:
        """Replace the file and let NGINX take it over; what it refuses is taken back and raised."""
        servers = [
            Server(address(name), weight(name, self._params)) for name in NAMES if name in traffic.names
        ]
        text = upstream(servers, traffic.salt, self._params.fail_timeout_s, RESOLVER)
        before = self._file.read_text("utf-8") if self._file.exists() else None
        replace_text(self._file, text)
        container = self._container()
        if container is None:
            log.warning("NGINX does not run: it reads the new upstream when it starts.")
            return
        try:
            self._docker.run("exec", container, "nginx", "-t", "-q")
        except DockerError as error:
            if before is not None:
                replace_text(self._file, before)
            raise TrafficError(f"NGINX refuses the upstream: {error}") from error
        self._docker.run("kill", "--signal=HUP", container)

    def _container(self) -> str | None:
        labels = ("--filter", f"label={PROJECT}={self._project}", "--filter", f"label={SERVICE}=nginx")
        found = self._docker.run("ps", "--quiet", "--no-trunc", "--filter", "status=running", *labels).split()
        return found[0] if found else None
