"""How the console is served: by one process, which counts wrong tokens and makes the stream once for all."""

from flask import Flask

from auto_deployment.web.server import Server

THREADS = 24  # each open stream holds one


def console_server(app: Flask, host: str, port: int, log_level: str) -> Server:
    """Return the server; more requests at a time than threads wait for their turn."""
    return Server(
        app, host, port, log_level, workers=1, worker_class="gthread", threads=THREADS, graceful_timeout=5
    )
