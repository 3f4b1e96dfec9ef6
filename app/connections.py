"""How a connection begins and ends that says nothing: neither keeps a thread waiting."""

import socket
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http import message
from gunicorn.workers.gthread import ThreadWorker


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


class WatchingWorker(ThreadWorker):  # type: ignore[misc]  # Gunicorn is not typed
    """Gunicorn's own, which watches also new connections without a thread."""

    max_request_line: int  # characters

    def init_process(self) -> None:
        # Gunicorn cuts any limit to 8,190; its only way up is none at all, and that means unbounded memory.
        message.MAX_REQUEST_LINE = self.max_request_line
        util.close_graceful = close_at_once
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection a thread once it has said something.

        Gunicorn lets a thread wait five seconds for the first word of a new connection before it watches it
        without one, as it does from then on: a few silent ones would keep everybody waiting.
        """
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
