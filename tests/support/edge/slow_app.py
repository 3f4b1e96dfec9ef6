"""The service made slow: by one more address, which waits for a file, or in its recommendations."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from app.factory import instance_of
from app.recommender import Answer, Recommender
from app.wsgi import application
from tests.support.models import in_use


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

    What is no user takes 0.7 s: an answer that is slow and not successful. The wait is in what the service
    measures of itself.
    """
    app = application()
    slot = instance_of(app).slot
    serving = in_use(slot)

    class Delayed(Recommender):
        def recommend(self, *args: Any, **kwargs: Any) -> Answer:
            time.sleep(float(Path(delay_file).read_text("ascii")))
            return super().recommend(*args, **kwargs)

    slot.current = replace(serving, recommender=Delayed(serving.recommender.model))

    @app.before_request
    def wait() -> None:
        if request.path.startswith("/recommend/") and not request.path.rpartition("/")[2].isdigit():
            time.sleep(0.7)

    return app
