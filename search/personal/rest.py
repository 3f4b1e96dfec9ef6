"""Who fails again and again is left alone for a while: the dead must not cost their deadline each time."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

FAILURES = 3  # one after the other
REST_S = 2.0


class Rest:
    """Counts failures of one address. After a rest one question may try; its success ends the resting."""

    def __init__(
        self, clock: Callable[[], float] = monotonic, failures: int = FAILURES, rest_s: float = REST_S
    ) -> None:
        self._clock, self._most, self._rest_s = clock, failures, rest_s
        self._lock = Lock()
        self._failures, self._until = 0, 0.0

    @property
    def is_resting(self) -> bool:
        return self._failures >= self._most and self._clock() < self._until

    def may_ask(self) -> bool:
        """Tell whether to ask now. Of those who come when a rest is over the first is let through."""
        with self._lock:
            if self.is_resting:
                return False
            if self._failures >= self._most:
                self._until = self._clock() + self._rest_s
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._until = self._clock() + self._rest_s
