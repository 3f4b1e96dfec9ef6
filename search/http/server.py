"""Gunicorn in the process itself, and a problem for what never reaches its application."""

import gc
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestLine, ParseException

from app.connections import WatchingWorker
from app.problems import whole_problem
from search.holder import Looking
from search.http.door import EXTENSION, TAKEN_MAX_BYTES

Made = tuple[Flask, Callable[[], None]]  # a service, and what it has to look at from time to time
MAX_REQUEST_LINE = 16_384  # characters: 500 letters of any alphabet fit
# A thread that wants to compute while another does waits so long. Python's own 5 ms are a quarter of the
# time that a question may take.
SWITCH_S = 0.0005


class Server(BaseApplication):  # type: ignore[misc]  # Gunicorn is not typed
    """One process with threads, which begins to look once it has started."""

    def __init__(self, make: Callable[[], Made], every_s: float, settings: Mapping[str, Any]) -> None:
        self._make, self._every_s, self._settings = make, every_s, settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "worker_class": "search.http.server.Worker",
            "control_socket_disable": True,
            "forwarder_headers": "",
            "keepalive": 75,  # a gateway keeps its connections to shards
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,
            **self._settings,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app, look = self._make()
        look()
        # What is there now stays: to look through it again and again would only make questions wait.
        gc.collect()
        gc.freeze()
        sys.setswitchinterval(SWITCH_S)
        Looking(look, self._every_s).start()
        return app


class Worker(WatchingWorker):
    """Gunicorn's own, which would answer in HTML what it cannot parse, with the door of a shard before it."""

    max_request_line = MAX_REQUEST_LINE

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        if self._answered(conn):
            self.pending_conns.remove(conn)
            self.poller.modify(client, EVENT_READ, partial(self.on_client_socket_readable, conn))
            self._keep(conn)
        else:
            super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        if self._answered(conn):
            self.keepalived_conns.remove(conn)
            self._keep(conn)
        else:
            conn.data_ready = True
            super().on_client_socket_readable(conn, client)

    def _keep(self, conn: Any) -> None:
        conn.set_timeout()
        self.keepalived_conns.append(conn)

    def _answered(self, conn: Any) -> bool:
        """Answer in this thread what the door takes; what it leaves stays to be read by Gunicorn.

        To hand a question to another thread and back costs as much as to answer it.
        """
        door = self.wsgi.extensions.get(EXTENSION)
        if door is None or conn.is_http2 or not self.alive:
            return False
        try:
            came = conn.sock.recv(TAKEN_MAX_BYTES, socket.MSG_PEEK)
            said = door.take(came)
        except OSError:
            return False
        except Exception:
            self.log.exception("A question was not answered at the door; it goes on")
            return False
        if said is None:
            return False
        self._say(conn.sock, len(came), said)
        return True

    def _say(self, sock: socket.socket, taken: int, said: bytes) -> None:
        """Send an answer in one piece; who does not read what he has asked for is not waited for."""
        try:
            sock.recv(taken)
            if sock.send(said) < len(said):
                sock.shutdown(socket.SHUT_RDWR)  # the next look at it finds its end
        except OSError as error:
            self.log.debug("The answer to a question found nobody: %s", error)
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that never reached the application, or that ended outside of it."""
        if isinstance(exc, LimitRequestLine):
            status, detail = 414, f"The request line has more than {MAX_REQUEST_LINE:,} characters: use POST."
        elif isinstance(exc, ParseException):
            status, detail = 400, "This is no request of HTTP that can be read."
        else:
            self.log.error("A request ended outside of the application", exc_info=exc)
            status, detail = 500, "The service failed to answer; the reason is in its log."
        try:
            util.write_nonblock(client, whole_problem(status, detail))
        except OSError as error:
            self.log.debug("The answer to a broken request found nobody: %s", error)
