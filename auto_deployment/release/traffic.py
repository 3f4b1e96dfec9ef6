"""Who gets requests: the upstream of NGINX in its container, written, checked, taken over without a gap."""

import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from auto_deployment.host.files import replace_text
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
SERVER = re.compile(r"^\s*server (\S+:\d+) ", re.MULTILINE)


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
        return read_traffic(self._file, {address(name): name for name in NAMES})

    def write(self, traffic: Traffic) -> None:
        """Replace the file and let NGINX take it over; what it refuses is taken back and raised."""
        servers = [
            Server(address(name), weight(name, self._params)) for name in NAMES if name in traffic.names
        ]
        text = upstream(servers, traffic.salt, self._params.fail_timeout_s, RESOLVER)
        container = self._container()
        if container is None:
            replace_text(self._file, text)
            log.warning("NGINX does not run: it reads the new upstream when it starts.")
            return
        replace_checked(self._file, text, lambda: self._check(container))
        self._docker.run("kill", "--signal=HUP", container)

    def _check(self, container: str) -> None:
        try:
            self._docker.run("exec", container, "nginx", "-t", "-q")
        except DockerError as error:
            raise TrafficError(f"NGINX refuses the upstream: {error}") from error

    def _container(self) -> str | None:
        labels = ("--filter", f"label={PROJECT}={self._project}", "--filter", f"label={SERVICE}=nginx")
        found = self._docker.run("ps", "--quiet", "--no-trunc", "--filter", "status=running", *labels).split()
        return found[0] if found else None


def read_traffic(file: Path, names: Mapping[str, str]) -> Traffic:
    """Return what an `upstream.conf` says; `names` has the instance at each address."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return Traffic(frozenset(), FIRST_SALT)
    salt = SALT.search(text)
    found = frozenset(names[one] for one in SERVER.findall(text) if one in names)
    return Traffic(found, salt[1] if salt else FIRST_SALT)


def replace_checked(file: Path, text: str, check: Callable[[], None]) -> None:
    """Replace the file; what `check` refuses with a `TrafficError` is taken back and raised."""
    before = file.read_text("utf-8") if file.exists() else None
    replace_text(file, text)
    try:
        check()
    except TrafficError:
        if before is not None:
            replace_text(file, before)
        raise
