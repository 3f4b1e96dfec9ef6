"""NGINX's upstream in its container: written, checked, reloaded."""

import logging
from collections.abc import Mapping
from pathlib import Path

from auto_deployment.edge.nginx_config import TrafficError, TrafficParams, upstream
from auto_deployment.host.files import replace_text
from auto_deployment.release.containers.docker import Docker, DockerError
from auto_deployment.release.containers.instances import PROJECT, SERVICE
from auto_deployment.release.judge.ticks import CANARY, STABLE
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, Traffic
from auto_deployment.release.upstream_file import nginx_errors, read_traffic, replace_checked, server

log = logging.getLogger(__name__)

RESOLVER = "127.0.0.11 valid=1s ipv6=off"  # Docker's own
STABLE_PORT, CANARY_PORT = 8000, 8001
TRACK_OF_PORT: Mapping[int, str] = {STABLE_PORT: STABLE, CANARY_PORT: CANARY}


def address(name: str) -> str:
    """Return where an instance listens; the port tells the track."""
    return f"{name}:{CANARY_PORT if name == CANARY_NAME else STABLE_PORT}"


class NginxContainer:
    """NGINX as a service of a Compose project, which reads `upstream.conf` from a shared folder."""

    def __init__(self, docker: Docker, project: str, folder: Path, params: TrafficParams) -> None:
        self._docker, self._project, self._params = docker, project, params
        self._file = folder / "upstream.conf"

    def read(self) -> Traffic:
        """Return what NGINX was told last."""
        return read_traffic(self._file, {address(name): name for name in NAMES})

    @nginx_errors()
    def write(self, traffic: Traffic) -> None:
        """Replace the file and let NGINX take it over; what it refuses is taken back. Raises `PortError`."""
        servers = [server(name, address(name), self._params) for name in NAMES if name in traffic.names]
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
