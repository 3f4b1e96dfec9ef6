"""Where events come from: a followed file and a Redis stream behave the same."""

from typing import NamedTuple, Protocol


class Polled(NamedTuple):
    """What one look gave: lines, and from where to go on.

    `until_s` is the time up to which the lines reach, None where there is no more. `lost` counts what was
    taken away before it could be read; `trouble` says why nothing can be read.
    """

    lines: list[bytes]
    position: str | None
    until_s: float | None = None
    lost: int = 0
    trouble: str = ""


class Feed(Protocol):
    """A source of event lines that several read, each from a position of its own."""

    def poll(self, position: str | None, since_s: int, timeout_s: float) -> Polled:
        """Return what comes after a position within the time; without one, what was sent since a time.

        More than that may come. Never raises: what is wrong is said in `trouble`.
        """
