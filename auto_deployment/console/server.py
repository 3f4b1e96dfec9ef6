"""How the console is served: by one process, which counts wrong tokens and makes the stream once for all."""

from flask import Flask

from auto_deployment.console.live.stream import MOST_STREAMS, Live
from auto_deployment.web.server import Server

THREADS = MOST_STREAMS + 8  # each open stream holds one


def console_server(app: Flask, host: str, port: int, log_level: str) -> Server:
    """Return the server; more requests at a time than threads wait for their turn."""
    live: Live = app.extensions["marquee-live"]
    return Server(
        app,
        host,
        port,
        log_level,
        workers=1,
        worker_class="gthread",
        threads=THREADS,
        graceful_timeout=2,  # open streams have nothing to finish
        post_worker_init=lambda worker: live.start(),  # a thread does not survive Gunicorn's fork
    )
