"""What a stream of lines is to the loop that reads it: Kafka and a captured file behave the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Offsets = Mapping[int, int]  # partition -> offset
Ranges = Mapping[int, tuple[int, int]]  # partition -> first offset, and the one after the last


class Line(Protocol):
    """One message. Kafka's own records fit, so none has to be copied."""

    @property
    def offset(self) -> int: ...

    @property
    def value(self) -> bytes | None: ...


class TextLine(NamedTuple):
    """One line of a file; `offset` counts lines from 0."""

    offset: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll gave: lines by partition, and how far the stream has been read with them.

    Where a partition begins is told before its first lines. `lost` are offsets that the broker had removed
    before they could be read.
    """

    lines: Mapping[int, Sequence[Line]] = field(default_factory=dict)
    next: Offsets = field(default_factory=dict)
    lost: Ranges = field(default_factory=dict)


class Stream(Protocol):
    """A source of lines in partitions, each line at an offset of its partition."""

    @property
    def label(self) -> str:
        """What names of segments begin with; stable for the life of the stream."""

    @property
    def source(self) -> Mapping[str, Any]:
        """What a segment says about where its lines come from, offsets aside; there after a `poll`."""

    @property
    def trouble(self) -> str:
        """Why nothing can be read at the moment; empty while all is well."""

    @property
    def caught_up(self) -> bool:
        """Whether everything was read that was there when the stream was opened."""

    def poll(self, timeout_s: float) -> Polled | None:
        """Return what came within the time, `None` at the end of a stream that ends.

        Raises `StreamChangedError` when going on could skip or repeat lines; all that was returned before
        holds.
        """

    def lag(self) -> Offsets:
        """Return how many lines wait in each partition, as far as is known."""

    def commit(self, offsets: Offsets) -> bool:
        """Tell the broker how far the segments reach, for display only; return whether it took it."""

    def close(self) -> None:
        """Give up the connection."""
