"""How often something may be done that takes long. Pure; the clock is handed in."""


class Pace:
    """After something took a time, it waits until that was no more than a share of all time."""

    def __init__(self, time_share: float) -> None:
        self._time_share = time_share
        self._next_s = float("-inf")

    def may_begin(self, now_s: float) -> bool:
        return now_s >= self._next_s

    def took(self, began_s: float, ended_s: float) -> None:
        self._next_s = began_s + (ended_s - began_s) / self._time_share
