"""No more bytes a second than a limit, so that who serves beside us keeps its share of the link."""

import time
from collections.abc import Callable

MB = 1_000_000
CHUNK = 2_097_152  # bytes of one request where nothing limits them
SHORTEST_S = 0.05  # what one request brings at the limit: smaller ones cost more than they smooth


class Throttle:
    """Delays each part until those before are paid for; without a limit it delays nothing."""

    def __init__(
        self,
        rate_max_mb_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = rate_max_mb_s * MB, clock, sleep
        self._due = clock()
        self.chunk = max(4096, min(CHUNK, int(self._rate * SHORTEST_S))) if self._rate else CHUNK

    def paid(self, count: int) -> None:
        """Wait until `count` bytes more are within the limit."""
        if not self._rate:
            return
        now = self._clock()
        self._due = max(self._due + count / self._rate, now)  # what the request itself took counts
        self._sleep(self._due - now)
