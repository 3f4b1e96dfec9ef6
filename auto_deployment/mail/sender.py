"""Sends what waits from a thread of its own: a slow mail server delays nobody."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from auto_deployment.mail.outbox import Flushed, Outbox

log = logging.getLogger(__name__)

ROUND_S = 15.0


class Sender:
    """Flushes an outbox now and then, from when it is entered until it is left."""

    def __init__(
        self,
        outbox: Outbox,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        round_s: float = ROUND_S,
    ) -> None:
        self._outbox, self._clock, self._round_s = outbox, clock, round_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sender", daemon=True)
        self.latest = Flushed()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask it to end. A conversation that hangs is not waited for: its mail comes again, with its id."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _loop(self) -> None:
        while True:
            try:
                self.latest = self._outbox.flush(self._clock())
            except Exception:
                log.exception("A round of sending mails failed")
            if self._stop.wait(self._round_s):
                return
