"""The port that the processes of an instance share, and nobody else."""

import socket
from typing import Any

from app.config import Settings, address


class BusyPortError(Exception):
    """Somebody else listens there. The message is one sentence that says what to do."""


def address_of(settings: Settings) -> str:
    return address(settings.host, settings.rpc_port)


def family_and_place(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Return what a socket needs to be bound; raise `OSError` for a host that there is not."""
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
        0
    ]
    return family, place


def reserve(settings: Settings) -> socket.socket:
    """Hold the port without listening, so that no other program gets it while workers come and go.

    Raises `BusyPortError`. Another instance shares its port, too: so it is tried without sharing first.
    """
    try:
        family, place = family_and_place(settings.host, settings.rpc_port)
        with socket.socket(family) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(place)
        held = socket.socket(family)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(place)
    except OSError as error:
        raise BusyPortError(
            f"{address_of(settings)} cannot be listened on ({error.strerror}): set HOST or RPC_PORT."
        ) from error
    return held
