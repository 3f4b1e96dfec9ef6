"""One of the processes that answer: from its fork to a stop that loses no call."""

import logging
import os
import signal
import sys
import threading
from types import FrameType

from app import background
from app.rpc.calls import Calls
from app.rpc.parts import Parts
from app.rpc.server import RpcServer
from app.rpc.tls import CertificateError

GRACE_S = 10.0  # answers take milliseconds; this is for clients who read slowly
HEALTH_S = 5.0
THREADS_S = 0.05
PARENT_S = 1.0
CANNOT_LISTEN = 3

log = logging.getLogger(__name__)


def run(parts: Parts) -> int:
    """Answer until told to stop; return the exit status. Called in a process of its own."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    parent = os.getppid()
    signal.signal(signal.SIGTERM, on_signal)
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal tells all processes; the parent passes it on
        signal.signal(number, signal.SIG_IGN)
    look(parts)  # this process may be younger than the model
    _show(parts)
    server = RpcServer(parts.settings, Calls(parts.models, parts.metrics, parts.impressions))
    try:
        server.start(parts.models)
    except RuntimeError as error:
        sys.stderr.write(f"This process cannot listen: {error}\n")
        return CANNOT_LISTEN
    except CertificateError as error:  # it was good when the instance began, and may be under way
        log.warning("%s Another process tries again", error)
        return 1
    _start_background(parts, server)
    log.info("Process %d answers", os.getpid())
    while not stop.wait(PARENT_S):
        if os.getppid() != parent:  # it was killed: nobody would ever stop this one
            log.warning("The parent process is gone; this one ends")
            break
    server.stop(GRACE_S)
    if parts.impressions is not None:
        parts.impressions.write()
    parts.metrics.flush()
    return 0


def look(parts: Parts) -> None:
    """Look once for new models, and count what became of them."""
    for model in parts.models:
        outcome = model.refresh()
        if outcome is not None:
            parts.metrics.count_load(outcome, model.name)
            _show(parts)


def _show(parts: Parts) -> None:
    parts.metrics.show_models(model.slot for model in parts.models)


def _start_background(parts: Parts, server: RpcServer) -> None:
    settings = parts.settings
    background.start_one("counts", parts.metrics.flush, background.COUNTS_S)
    background.start_one("threads", server.threads.look, THREADS_S)
    background.start_one("health", lambda: server.tell_health(parts.models), HEALTH_S)
    if parts.impressions is not None:
        background.start_one("impressions", parts.impressions.write, background.IMPRESSIONS_S)
    if settings.model_poll_s:
        background.start_one("watch", lambda: look(parts), settings.model_poll_s)
    if settings.recent_dir is not None:
        background.start_one("recent", parts.models.refresh_lists, background.RECENT_S)
