"""Load as rows, one a minute or in other lengths of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auto_deployment.recipe.load.figures import Figures
from auto_deployment.recipe.load.shapes import Step
from auto_deployment.recipe.rows import Value

COLUMNS = (
    "time", "minute", "seconds", "level", "requests", "failed", "availability_percent", "mean_ms", "p50_ms",
    "p90_ms", "p95_ms", "p99_ms", "max_ms", "rate_per_min", "concurrency", "sent_late_p99_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Minute:
    """What a minute, or another length of time, was meant to be, and what it was."""

    begun: datetime
    number: float  # at its end, since the begin
    level: float  # requests a second, or clients; the mean of its steps
    figures: Figures

    @property
    def ended(self) -> datetime:
        return self.begun + timedelta(seconds=self.figures.seconds)


def level_of(pieces: Sequence[Step]) -> float:
    return sum(step.level * step.seconds for step in pieces) / sum(step.seconds for step in pieces)


def row(minute: Minute) -> list[Value]:
    """Return the values of `COLUMNS`; without an answer those of response times are empty."""
    found = minute.figures
    return [
        f"{minute.begun:%Y-%m-%dT%H:%M:%SZ}", minute.number, found.seconds, minute.level, found.requests,
        found.failed, 100 * found.availability,
        *(found.of(name) for name in ("mean", "p50", "p90", "p95", "p99", "max")),
        found.rate_per_min, found.concurrency, found.sent_late_ms,
    ]  # fmt: skip
