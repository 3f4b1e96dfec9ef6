"""Who gets requests from the local NGINX."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from auto_deployment.local.files import replace_text
from auto_deployment.local.instances import Instance
from auto_deployment.nginx_config import Server, TrafficError, upstream
from auto_deployment.params import TrafficParams
from auto_deployment.release.traffic import FIRST_SALT, SALT, weight
from auto_deployment.release.world import Traffic

SERVER = re.compile(r"^\s*server ([0-9.]+:\d+) ", re.MULTILINE)


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
            Server(one.address, weight(one.name, self._params))
            for one in self._instances
            if one.name in traffic.names
        ]
        return upstream(servers, traffic.salt, self._params.fail_timeout_s)

    def read(self) -> Traffic:
        """Return what NGINX was told last."""
        return read_traffic(self._file, self._instances)

    def write(self, traffic: Traffic) -> None:
        """Replace the file and let NGINX take it over; what it refuses is taken back and raised."""
        before = self._file.read_text("utf-8") if self._file.exists() else None
        replace_text(self._file, self.text(traffic))
        try:
            self._check()
        except TrafficError:
            if before is not None:
                replace_text(self._file, before)
            raise
        self._reload()


def read_traffic(file: Path, instances: Sequence[Instance]) -> Traffic:
    """Return what an `upstream.conf` says."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return Traffic(frozenset(), FIRST_SALT)
    salt, addresses = SALT.search(text), set(SERVER.findall(text))
    names = frozenset(one.name for one in instances if one.address in addresses)
    return Traffic(names, salt[1] if salt else FIRST_SALT)
