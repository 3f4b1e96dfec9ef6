"""The moment by which a call ends, whatever happens."""

import time


class Deadline:
    """Counts what is left of a budget."""

    __slots__ = ("_at_s",)

    def __init__(self, budget_s: float) -> None:
        self._at_s = time.monotonic() + budget_s

    def left_s(self) -> float:
        """Return the seconds that are left; raise `TimeoutError` when there are none."""
        left_s = self._at_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s
