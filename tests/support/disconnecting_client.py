"""Clients that go away before they have their answer."""

import socket
import struct

RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: nothing is waited for, the other side is told at once


def leave_early(port: int, said: bytes) -> None:
    """Say something and hang up with a reset."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(said)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
