"""What a stretch of load showed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
MEASURES = ("mean", *PERCENTILES, "max")


@dataclass(slots=True)
class Window:
    """Requests of one stretch, as they end."""

    seconds: float = 0.0
    answered_ms: list[float] = field(default_factory=list)
    untimed: int = 0  # answered, but nobody said how fast
    failed: int = 0
    busy_s: float = 0.0  # of all requests together, failed ones too
    late_ms: list[float] = field(default_factory=list)  # behind its moment a request was sent


@dataclass(frozen=True, slots=True)
class Figures:
    """Response times are of answered requests only; failed ones are in the availability.

    `concurrency` is how many requests were under way on average: the time they took together by the time
    that passed (Little's law), as siege counts it. `sent_late_ms` is the 99th percentile of how far the
    sender itself was behind its plan: where it is not small, it was the sender that was measured.
    """

    seconds: float
    requests: int
    failed: int
    concurrency: float
    times_ms: dict[str, float]
    sent_late_ms: float = 0.0

    @property
    def availability(self) -> float:
        return (self.requests - self.failed) / self.requests if self.requests else 0.0

    @property
    def rate_per_min(self) -> float:
        """Answered requests a minute."""
        return (self.requests - self.failed) / self.seconds * 60 if self.seconds else 0.0

    def of(self, measure: str) -> float | None:
        """Return one of `MEASURES` in ms, None when nothing was answered."""
        return self.times_ms.get(measure)


def figures(windows: Sequence[Window]) -> Figures:
    """Put stretches together. Percentiles are observed values: the nearest rank."""
    times = sorted(one for window in windows for one in window.answered_ms)
    late = sorted(one for window in windows for one in window.late_ms)
    failed, seconds = sum(one.failed for one in windows), sum(one.seconds for one in windows)
    found: dict[str, float] = {}
    if times:
        found = {name: percentile(times, share) for name, share in PERCENTILES.items()}
        found |= {"mean": sum(times) / len(times), "max": times[-1]}
    return Figures(
        seconds=seconds,
        requests=len(times) + sum(one.untimed for one in windows) + failed,
        failed=failed,
        concurrency=sum(one.busy_s for one in windows) / seconds if seconds else 0.0,
        times_ms=found,
        sent_late_ms=percentile(late, 0.99) if late else 0.0,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all is not above."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
