"""Ctrl-C, SIGTERM and a closed terminal as a count that a loop can wait on: the second one means hurry."""

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequests:
    """Counts requests to stop while it is entered. Use it from the main thread."""

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[signal.Signals, object] = {}

    @property
    def stop(self) -> bool:
        return self.count > 0

    @property
    def hurry(self) -> bool:
        return self.count > 1

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the time is over or somebody wants us to stop; return whether somebody does."""
        if not self.stop:
            ready, _, _ = select.select([self._reader], [], [], timeout_s)
            if ready:
                os.read(self._reader, 512)
        return self.stop

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._before = {number: signal.signal(number, self._handle) for number in self._wanted()}
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]  # what signal() returned is what it takes
        os.close(self._reader)
        os.close(self._writer)

    def _wanted(self) -> list[signal.Signals]:
        # Under nohup a closed terminal shall not stop us. SIGINT is heard even where a shell has ignored it
        # for a background job: there somebody sends it on purpose.
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        return [number for number in SIGNALS if not (ignored and number is signal.SIGHUP)]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and Ctrl-C set; asked twice, the process ends at once."""
    stop = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
