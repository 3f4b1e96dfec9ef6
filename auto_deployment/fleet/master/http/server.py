"""How the master is served: by one process, as what it knows is in its memory."""

from flask import Flask

from auto_deployment.fleet.master.master import Master
from auto_deployment.web.server import Server
from auto_deployment.web.worker import ProblemWorker

THREADS = 16


def master_server(app: Flask, master: Master, host: str, port: int, log_level: str) -> Server:
    """Return the server; a store that is slow holds up those who change something in it, and no report."""

    def begin(worker: ProblemWorker) -> None:
        master.start()
        master.watch()  # a thread, or what a store's client has begun, does not survive Gunicorn's fork

    return Server(
        app, host, port, log_level,
        workers=1, worker_class=ProblemWorker, threads=THREADS, post_worker_init=begin,
    )  # fmt: skip
