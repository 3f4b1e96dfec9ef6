"""Ctrl-C, SIGTERM and a closed terminal as a count that a loop can wait on: the second one means hurry."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Protocol):
    """Tells a loop to end; a `threading.Event` is one as well."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float, /) -> bool: ...


class StopRequests:
    """How often somebody has asked us to stop."""

    def __init__(self, wakes: int) -> None:
        self.count = 0
        self._wakes = wakes

    def is_set(self) -> bool:
        return self.count > 0

    @property
    def hurry(self) -> bool:
        return self.count > 1

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until the time is over or somebody wants us to stop; return whether somebody does."""
        if not self.count and select.select([self._wakes], [], [], timeout_s)[0]:
            os.read(self._wakes, 512)
        return self.is_set()


@contextmanager
def until_stopped(*, twice_ends: bool = False) -> Iterator[StopRequests]:
    """Count requests to stop, in the main thread; with `twice_ends` a second one raises KeyboardInterrupt."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    requests = StopRequests(reader)

    def handle(number: int, frame: FrameType | None) -> None:
        requests.count += 1
        if twice_ends and requests.hurry:
            raise KeyboardInterrupt

    # Under nohup a closed terminal shall not stop us. SIGINT is heard even where a shell has ignored it
    # for a background job: there somebody sends it on purpose.
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    heard = [number for number in SIGNALS if not (ignored and number is signal.SIGHUP)]
    before = {number: signal.signal(number, handle) for number in heard}
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield requests
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
