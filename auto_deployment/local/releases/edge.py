"""Who gets requests from the local NGINX."""

from collections.abc import Callable, Sequence
from pathlib import Path

from auto_deployment.edge.nginx_config import upstream
from auto_deployment.local.instances import Instance
from auto_deployment.params import TrafficParams
from auto_deployment.release.reconcile import Traffic
from auto_deployment.release.upstream_file import nginx_errors, read_traffic, replace_checked, server


class LocalEdge:
    """`upstream.conf` of a local run. `check` asks NGINX what it thinks, `reload` lets it take it over."""

    def __init__(
        self,
        file: Path,
        instances: Sequence[Instance],
        params: TrafficParams,
        check: Callable[[], None],
        reload: Callable[[], None],
    ) -> None:
        self._file, self._instances, self._params = file, instances, params
        self._check, self._reload = check, reload

    def text(self, traffic: Traffic) -> str:
        """Return the file for this traffic; raise `TrafficError` for nobody."""
        servers = [
            server(one.name, one.address, self._params)
            for one in self._instances
            if one.name in traffic.names
        ]
        return upstream(servers, traffic.salt, self._params.fail_timeout_s)

    def read(self) -> Traffic:
        """Return what NGINX was told last."""
        return local_traffic(self._file, self._instances)

    @nginx_errors()
    def write(self, traffic: Traffic) -> None:
        """Replace the file and let NGINX take it over; what it refuses is taken back. Raises `PortError`."""
        replace_checked(self._file, self.text(traffic), self._check)
        self._reload()


def local_traffic(file: Path, instances: Sequence[Instance]) -> Traffic:
    """Return what an `upstream.conf` of a local run says."""
    return read_traffic(file, {one.address: one.name for one in instances})
