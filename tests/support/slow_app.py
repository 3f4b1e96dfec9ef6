"""The service with one more address, which answers when a file appears: a request that takes long."""

import time
from pathlib import Path

from flask import Flask, Response

from app.wsgi import application


def slow(started: str, go_on: str) -> Flask:
    """Return the service with /slow, which creates one file when it is asked and waits for the other."""
    app = application()

    @app.get("/slow")
    def wait() -> Response:
        Path(started).touch()
        deadline = time.monotonic() + 30
        while not Path(go_on).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return Response("done")

    return app
