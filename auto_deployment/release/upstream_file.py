"""`upstream.conf`: NGINX's instances and their weights, for containers and plain processes alike."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from auto_deployment.edge.nginx_config import TrafficError, TrafficParams, UpstreamServer
from auto_deployment.host.files import replace_text
from auto_deployment.release.ports import PortError
from auto_deployment.release.reconcile import CANARY_NAME, Traffic

FIRST_SALT = "first"
SALT = re.compile(r'^\s*hash "(.+):\$marquee_split_key"', re.MULTILINE)
SERVER = re.compile(r"^\s*server (\S+:\d+) (?:weight=(\d+))?", re.MULTILINE)


def server(name: str, address: str, params: TrafficParams) -> UpstreamServer:
    """Return an instance as NGINX is told of it, with its share of the users."""
    is_canary = name == CANARY_NAME
    return UpstreamServer(address, params.canary_weight if is_canary else params.stable_weight, is_canary)


@contextmanager
def nginx_errors() -> Iterator[None]:
    """Raise as `PortError` what keeps NGINX from reading or taking its file."""
    try:
        yield
    except TrafficError as error:
        raise PortError(str(error)) from error
    except OSError as error:
        raise PortError(f"NGINX cannot be told ({error.strerror}).") from error


def read_traffic(file: Path, names: Mapping[str, str]) -> Traffic:
    """Return what an `upstream.conf` says; `names` has the instance at each address. Raises `PortError`."""
    with nginx_errors():
        text = file.read_text("utf-8") if file.exists() else ""
    salt = SALT.search(text)
    weights = {names[one]: int(weight or 1) for one, weight in SERVER.findall(text) if one in names}
    return Traffic(frozenset(weights), salt[1] if salt else FIRST_SALT, weights)


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
