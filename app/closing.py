"""How a connection ends that is not kept: at once."""

import socket
from contextlib import suppress


def close_at_once(sock: socket.socket) -> None:
    """Close a connection; what has arrived is read away first, as the answer would be lost otherwise.

    Gunicorn's way waits up to two seconds for the other side to close as well, in the one thread that takes
    new connections: a few who do not would keep everybody waiting.
    """
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.setblocking(False)
        while sock.recv(4096):
            pass
    sock.close()
