"""One evaluation as raw counts, kept with the release, so that it can be judged again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Self

from auto_deployment.errors import BadInputError

STABLE, CANARY = "stable", "canary"
TRACKS = (STABLE, CANARY)
WARMING, BAKING = "warming", "baking"


@dataclass(frozen=True, slots=True)
class TrackCounts:
    """One track in one tick. A user belongs to the track that his first request of this release met."""

    users: int = 0  # whose first request fell in this tick
    first_bad: int = 0  # of these, whose first request was bad
    newly_bad: int = 0  # whose first bad request fell in this tick
    newly_fallback: int = 0  # whose first popularity list fell in this tick
    requests: int = 0  # this and what follows is for display
    attempts: int = 0
    bad_attempts: int = 0


_COUNTS = tuple(one.name for one in fields(TrackCounts))
# `asdict` copies deeply: with it most of a tick is spent on writing the 720 before it.
_numbers = attrgetter(*_COUNTS)


@dataclass(frozen=True, slots=True)
class Tick:
    """One evaluation: the counts since the last one, and what Prometheus said at its end."""

    time: datetime
    duration_s: float
    phase: str  # only ticks of `baking` are evidence
    counts: Mapping[str, TrackCounts] = field(default_factory=dict)
    # of successful recommend requests since baking began, by track; None: no data
    mean_latency_ms: Mapping[str, float | None] = field(default_factory=dict)
    metrics_available: bool = True  # False: Prometheus does not answer, or the edge log stopped
    tracks_present: bool = True  # False: a track had no instance
    damaged_lines: int = 0  # of the edge log: no evidence, and shown so that somebody asks why
    foreign_attempts: int = 0  # at addresses of neither track

    def of(self, track: str) -> TrackCounts:
        """Return a track's counts, zeros where there are none."""
        return self.counts.get(track, TrackCounts())

    def mean_ms(self, track: str) -> float | None:
        """Return a track's mean duration; what is not a number is no data."""
        value = self.mean_latency_ms.get(track)
        return value if value is not None and math.isfinite(value) and value >= 0 else None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "time": self.time.isoformat(),
            "duration_s": self.duration_s,
            "phase": self.phase,
            "counts": {
                track: dict(zip(_COUNTS, _numbers(counts), strict=True))
                for track, counts in self.counts.items()
            },
            "mean_latency_ms": {track: self.mean_ms(track) for track in self.mean_latency_ms},
            "metrics_available": self.metrics_available,
            "tracks_present": self.tracks_present,
            "damaged_lines": self.damaged_lines,
            "foreign_attempts": self.foreign_attempts,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read a stored tick; raise `BadInputError` when it is none, or its counts cannot be."""
        try:
            tick = cls(
                time=datetime.fromisoformat(content["time"]),
                duration_s=float(content["duration_s"]),
                phase=str(content["phase"]),
                counts={track: _counts(one) for track, one in content["counts"].items()},
                mean_latency_ms={
                    track: None if mean is None else float(mean)
                    for track, mean in content["mean_latency_ms"].items()
                },
                metrics_available=_flag(content["metrics_available"]),
                tracks_present=_flag(content["tracks_present"]),
                damaged_lines=_count(content, "damaged_lines"),
                foreign_attempts=_count(content, "foreign_attempts"),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadInputError(f"A tick of this release cannot be read ({error!r}).") from error
        if not (math.isfinite(tick.duration_s) and tick.duration_s >= 0 and tick.time.tzinfo):
            raise BadInputError(f"The tick of {content['time']} has no duration or no time zone.")
        return tick


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _count(content: Mapping[str, Any], name: str) -> int:
    number = content.get(name, 0)  # ticks of before these were kept have none
    if type(number) is not int or number < 0:
        raise ValueError(f"{name} is {number!r}")
    return number


def _counts(content: Mapping[str, Any]) -> TrackCounts:
    numbers = {name: content[name] for name in _COUNTS}
    for name, number in numbers.items():
        if type(number) is not int or number < 0:
            raise ValueError(f"{name} is {number!r}")
    counts = TrackCounts(**numbers)
    if counts.first_bad > counts.users or counts.bad_attempts > counts.attempts:
        raise ValueError("more bad ones than there were")
    return counts
