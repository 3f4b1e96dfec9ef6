"""Gunicorn, told in the process itself what else a file of settings would say."""

from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication

from app.config import address
from app.connections import close_at_once


class Server(BaseApplication):  # type: ignore[misc]  # Gunicorn is not typed
    """Serves an application until SIGTERM; `also` is Gunicorn's other settings by their names."""

    def __init__(self, app: Flask, host: str, port: int, log_level: str, **also: Any) -> None:
        util.close_graceful = close_at_once
        self._app = app
        self._options: dict[str, Any] = {
            "bind": address(host, port),
            "preload_app": True,
            "graceful_timeout": 30,
            "loglevel": log_level.lower(),
            "control_socket_disable": True,
            "forwarder_headers": "",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,
            **also,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app
