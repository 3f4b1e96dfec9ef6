"""When to stop asking a service that fails, and when to try again. No I/O; the clock is passed in.

closed  --more than `share` of the calls in the window failed-->   open
open    --`open_s` later, one call-->                              probing
probing --it failed-->                                             open
probing --it succeeded-->                                          closed, with an empty window
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

CLOSED, OPEN, PROBING = "closed", "open", "probing"


@dataclass(frozen=True, slots=True)
class Rule:
    """When the switch opens, and for how long.

    The window holds the last `window_calls` calls, without those older than `window_s`. By number, as callers
    differ in pace: after good times it opens at the 26th failure in a row, at 5 calls a second as at 500. By
    time as well, so that what failed before lunch does not count after it. Below `min_calls` the share says
    little: of 20 calls of a service that fails in 1 of 20, six fail in one case of 3,000.
    """

    share: float = 0.25
    window_calls: int = 100
    window_s: float = 30.0
    min_calls: int = 20
    open_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ValueError(f"share is at least 0 and below 1, not {self.share!r}.")
        if not 1 <= self.min_calls <= self.window_calls:
            raise ValueError(
                f"min_calls is from 1 to window_calls, {self.window_calls!r}, not {self.min_calls!r}."
            )
        if not (self.window_s > 0 and self.open_s > 0):
            raise ValueError(f"window_s and open_s are above 0, not {self.window_s!r} and {self.open_s!r}.")


@dataclass(frozen=True, slots=True)
class Flip:
    """The switch has opened or closed."""

    is_open: bool
    failed: int = 0  # of `calls` in the window, when it opened
    calls: int = 0
    reason: str = ""  # of the last failure, when it opened


class KillSwitch:
    """Lets calls through or not. Of many threads one probes."""

    def __init__(self, rule: Rule, clock: Callable[[], float]) -> None:
        self._rule = rule
        self._clock = clock
        self._lock = threading.Lock()
        self._state = CLOSED
        self._epoch = 0  # changes with the state: calls that began before say nothing about now
        self._retry_at_s = 0.0
        self._ended: deque[tuple[float, bool]] = deque()
        self._failed = 0
        self._last = ""
        self.opened = 0
        self.closed = 0

    @property
    def is_open(self) -> bool:
        """Tell whether calls are held back, all or all but one that probes."""
        return self._state != CLOSED

    def enter(self) -> int | None:
        """Return a ticket for a call, None where there shall be no call now."""
        with self._lock:
            if self._state == CLOSED:
                return self._epoch
            if self._state == PROBING or self._clock() < self._retry_at_s:
                return None
            self._change(PROBING)
            return self._epoch

    def leave(self, ticket: int, failure: str | None) -> Flip | None:
        """Take note of how a call ended (`failure` says why it failed); return the flip that follows."""
        with self._lock:
            if ticket != self._epoch:
                return None
            if self._state == CLOSED:
                return self._counted(failure)
            if failure is not None:
                self._open()
                return None
            self._change(CLOSED)
            self.closed += 1
            return Flip(is_open=False)

    def abandon(self, ticket: int) -> None:
        """Take note that a call was interrupted: it says nothing, and the next one may probe."""
        with self._lock:
            if ticket == self._epoch and self._state == PROBING:
                self._change(OPEN)

    def _counted(self, failure: str | None) -> Flip | None:
        now_s = self._clock()
        self._ended.append((now_s, failure is not None))
        self._failed += failure is not None
        while len(self._ended) > self._rule.window_calls or self._ended[0][0] < now_s - self._rule.window_s:
            self._failed -= self._ended.popleft()[1]
        failed, calls = self._failed, len(self._ended)
        self._last = failure or self._last
        if calls < self._rule.min_calls or failed <= self._rule.share * calls:
            return None
        self._open()
        self.opened += 1
        return Flip(is_open=True, failed=failed, calls=calls, reason=self._last)

    def _open(self) -> None:
        self._change(OPEN)
        self._retry_at_s = self._clock() + self._rule.open_s

    def _change(self, state: str) -> None:
        self._state = state
        self._epoch += 1
        self._ended.clear()
        self._failed = 0
