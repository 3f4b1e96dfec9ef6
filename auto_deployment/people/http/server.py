"""How the service about users is served."""

from flask import Flask

from auto_deployment.web.server import Server
from auto_deployment.web.worker import ProblemWorker


def events_server(app: Flask, host: str, port: int, log_level: str) -> Server:
    """Return a server with two workers, so that a long answer keeps no other one waiting.

    Forgetting writes segments anew, which may take minutes: it holds up one thread and no worker.
    """
    return Server(app, host, port, log_level, workers=2, worker_class=ProblemWorker, threads=2)
