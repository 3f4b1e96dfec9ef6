"""The batch that is being filled: events, rejected lines, and the part of the stream that they cover."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event, Reason, Recommendation
from auto_deployment.ingest.params import BatchParams
from auto_deployment.ingest.rating_scale import rating_of
from auto_deployment.ingest.stream import Polled

_REJECTED_BYTES = 250  # a rejected line in memory, its text aside


STATUS_CLASSES = ("0", "1xx", "2xx", "3xx", "4xx", "5xx", "other")


class RejectedLine(NamedTuple):
    """A line that was not taken, and where it stood."""

    raw: bytes
    reason: Reason
    partition: int
    offset: int


class OpenBatch:
    """Lines that wait to become a segment. `first` and `next` are offsets by partition.

    `heard` is told of each event that was taken.
    """

    def __init__(self, first: Mapping[int, int], heard: Callable[[Event], None] | None = None) -> None:
        self.builder = SegmentBuilder()
        self.rejected: list[RejectedLine] = []
        self.first = dict(first)
        self.next = dict(first)
        self.lost: dict[int, list[tuple[int, int]]] = {}
        self._heard = heard
        self.add_usual = self._add_and_tell if heard else self.builder.add
        self.unknown_movie_lines = 0
        self.outside_scale: Counter[float] = Counter()
        self._statuses: Counter[str] = Counter()
        self._repaired = 0
        self._begun_s = 0.0
        self._rejected_bytes = 0

    def advance(self, polled: Polled) -> None:
        """Take over how far a poll has come. A gap that the broker left counts as covered."""
        for partition, lost in polled.lost.items():
            self.lost.setdefault(partition, []).append(lost)
            self.first.setdefault(partition, lost[0])
        for partition, after in polled.next.items():
            self.first.setdefault(partition, after)
            self.next[partition] = after

    def add(self, event: Event, partition: int, offset: int, repaired: bool = False) -> None:
        """Take one event, maybe with a movie id that was repaired."""
        self.add_usual(event, partition, offset)
        if isinstance(event, Recommendation):
            self._statuses[status_class(event.status)] += 1
        if repaired:
            self.builder.count_repaired()
            self._repaired += 1

    def _add_and_tell(self, event: Event, partition: int, offset: int) -> None:
        self.builder.add(event, partition, offset)
        if self._heard:
            self._heard(event)

    def reject(self, raw: bytes, reason: Reason, partition: int, offset: int) -> None:
        self.builder.count_rejected(reason)
        self.rejected.append(RejectedLine(raw, reason, partition, offset))
        if reason == Reason.RATING_RANGE and (value := rating_of(raw)) is not None:
            self.outside_scale[value] += 1
        self._rejected_bytes += _REJECTED_BYTES + len(raw)

    def tally(self) -> Counter[tuple[str, str]]:
        """Return the counts so far by what is counted and its kind."""
        tally = {("lines", kind): count for kind, count in self.builder.counts().items()}
        tally |= {("rejected", reason): count for reason, count in self.builder.rejected().items()}
        tally |= {("status", status): count for status, count in self._statuses.items()}
        return Counter(tally | {("repaired", ""): self._repaired, ("unknown", ""): self.unknown_movie_lines})

    @property
    def lines(self) -> int:
        return self.builder.lines

    @property
    def nbytes(self) -> int:
        """About how much memory the batch holds."""
        return self.builder.nbytes + self._rejected_bytes

    def ranges(self) -> dict[int, tuple[int, int]]:
        """Return what the batch covers, partitions without progress left out."""
        return {p: (first, self.next[p]) for p, first in sorted(self.first.items()) if self.next[p] > first}

    def source(self, stream: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the segment says about where its lines come from."""
        facts: dict[str, Any] = {
            **stream,
            "offsets": {str(p): list(part) for p, part in self.ranges().items()},
        }
        if self.lost:
            facts["lost"] = {str(p): [list(gap) for gap in gaps] for p, gaps in sorted(self.lost.items())}
        return facts

    def is_due(self, now_s: float, limits: BatchParams) -> bool:
        """Tell whether the batch should be closed. An empty one waits."""
        return self.lines > 0 and (
            now_s - self._begun_s >= limits.max_age_s
            or self.lines >= limits.max_lines
            or self.nbytes >= limits.max_memory_mb << 20
        )

    def begin(self, now_s: float) -> None:
        """Count the age of the batch from now on; it begins with its first line."""
        self._begun_s = now_s


def status_class(status: int) -> str:
    """Return the class of a recommendation's status; 0 is no answer at all."""
    if not status:
        return "0"
    return f"{status // 100}xx" if 100 <= status < 600 else "other"
