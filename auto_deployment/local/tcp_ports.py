"""Whether the addresses of a run are free before it starts, and answer once it has."""

import http.client
import socket
from collections.abc import Mapping

from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.config.console import ConsoleSettings
from auto_deployment.errors import MarqueeError


class PortTakenError(MarqueeError):
    """Somebody else listens where we want to."""


def check_free(addresses: LocalAddresses, console: ConsoleSettings) -> None:
    """Raise `PortTakenError` naming the variable that moves the first port that is taken."""
    for (host, port), variable in _wanted(addresses, console).items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortTakenError(
                    f"Port {port} of {host} cannot be used ({error.strerror}): "
                    f"end what uses it, or choose another with {variable}."
                ) from error


def answers(host: str, port: int, path: str, timeout_s: float = 1.0) -> bool:
    """Return whether `GET path` there gives 200."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _wanted(addresses: LocalAddresses, console: ConsoleSettings) -> Mapping[tuple[str, int], str]:
    return {
        (addresses.host, addresses.port): "MARQUEE_PORT",
        ("127.0.0.1", addresses.status_port): "NGINX_STATUS_PORT",
        ("127.0.0.1", addresses.stable_port): "STABLE_PORT",
        ("127.0.0.2", addresses.stable_port): "STABLE_PORT",
        ("127.0.0.1", addresses.canary_port): "CANARY_PORT",
        (console.host, console.port): "CONSOLE_PORT",
    }
