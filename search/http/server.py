"""Gunicorn in the process itself, and a problem for what never reaches its application."""

import gc
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.http import message
from gunicorn.http.errors import LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from app.closing import close_at_once
from app.problems import whole_problem
from search.holder import Looking

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


class Worker(ThreadWorker):  # type: ignore[misc]  # Gunicorn is not typed
    """Gunicorn's own, which would answer in HTML what it cannot parse."""

    def init_process(self) -> None:
        # Gunicorn cuts any limit to 8,190; its only way up is none at all, and that means unbounded memory.
        message.MAX_REQUEST_LINE = MAX_REQUEST_LINE
        util.close_graceful = close_at_once
        super().init_process()

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
