"""The parent: has the processes of an instance run, and another for each that dies, until told to stop."""

import logging
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from app.rpc.worker import CANNOT_LISTEN

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LOOK_S = 0.5
TOO_SOON_S = 1.0  # of one place no two processes are started within this
HURRY_S = 5.0  # what a process has beyond the time that it takes to stop

log = logging.getLogger(__name__)


@dataclass
class Place:
    """What shall run, and what does."""

    name: str
    run: Callable[[], int]
    pid: int = 0
    started_s: float = 0.0


class Supervisor:
    """Forks; has no thread, and no object of gRPC, as neither survives a fork."""

    def __init__(
        self,
        places: list[Place],
        on_end: Callable[[int], object],
        each_look: Callable[[], object],
        stop_s: float,
    ) -> None:
        self._places, self._on_end, self._each_look, self._stop_s = places, on_end, each_look, stop_s
        self._stopping = False
        self._status = 0

    def run(self) -> int:
        """Return the exit status, when all have ended."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # only wakes
        while not self._stopping:
            for place in self._places:
                self._see_to(place)
            self._each_look()
            _wait(reader, LOOK_S)
        self._end_all(reader)
        return self._status

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _see_to(self, place: Place) -> None:
        if place.pid and (status := _ended(place.pid)) is not None:
            log.warning("The process %d (%s) ended with %s", place.pid, place.name, status)
            self._on_end(place.pid)
            place.pid = 0
            if status == CANNOT_LISTEN:  # another would not either
                self._stopping, self._status = True, 1
                return
        if not place.pid and time.monotonic() - place.started_s > TOO_SOON_S:
            self._start(place)

    def _start(self, place: Place) -> None:
        place.started_s = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # a child must not take one for its parent's
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            place.pid = pid
            log.info("Process %d is %s", pid, place.name)
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*SIGNALS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            status = place.run()
        except Exception:
            log.exception("The process %s failed", place.name)
        finally:
            logging.shutdown()
            os._exit(status)  # nothing of the parent's is done twice

    def _end_all(self, reader: int) -> None:
        log.info("Stopping: calls that have begun are answered")
        running = [place for place in self._places if place.pid]
        for place in running:
            _send(place.pid, signal.SIGTERM)
        until_s = time.monotonic() + self._stop_s + HURRY_S
        while running:
            if time.monotonic() > until_s:
                for place in running:
                    _send(place.pid, signal.SIGKILL)
            _wait(reader, 0.1)
            for place in [one for one in running if _ended(one.pid) is not None]:
                self._on_end(place.pid)
                running.remove(place)


def _ended(pid: int) -> int | None:
    """Return the exit status of a process of ours, minus the signal that killed it; None while it runs."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if found else None


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        log.debug("The process %d has ended already", pid)


def _wait(reader: int, seconds: float) -> None:
    if select.select([reader], [], [], seconds)[0]:
        os.read(reader, 512)
