"""Wait for what must become so: the one loop for it, so that no test has a clock of its own."""

import time
from collections.abc import Callable
from typing import Any

WITHIN_S = 120.0  # generous: a machine that others use is no fault of what is tested
NOT_YET = (OSError, ValueError, LookupError)  # what asking something that is not there yet raises


class NeverError(AssertionError):
    """It did not become so in time; the message says what was found last."""


def eventually(
    is_so: Callable[[], Any],
    within_s: float = WITHIN_S,
    step_s: float = 0.05,
    saying: Callable[[], object] | None = None,
) -> Any:
    """Wait until something holds, and return it; what is not there yet may raise one of `NOT_YET`.

    Raises `NeverError` after `within_s` seconds, with what was found last and with what `saying` returns
    (a log). Anything else that `is_so` raises ends the waiting at once.
    """
    deadline_s = time.monotonic() + within_s
    while True:
        try:
            if found := is_so():
                return found
            last: object = found
        except NOT_YET as error:
            last = repr(error)
        if time.monotonic() > deadline_s:
            raise NeverError(f"not within {within_s:g} s; last: {last}; {saying() if saying else ''}")
        time.sleep(step_s)
