"""The service made slow: by one more address, which waits for a file, or in its recommendations."""

import time
from pathlib import Path

from flask import Flask, Response, request

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


def delayed(delay_file: str) -> Flask:
    """Return the service whose recommendations take as many seconds longer as a file says.

    What is no user takes 0.7 s: an answer that is slow and not successful.
    """
    app = application()

    @app.before_request
    def wait() -> None:
        if request.path.startswith("/recommend/"):
            asked_for_nobody = not request.path.rpartition("/")[2].isdigit()
            time.sleep(0.7 if asked_for_nobody else float(Path(delay_file).read_text("ascii")))

    return app
