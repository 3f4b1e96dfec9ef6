"""One evaluation as raw counts, kept with the release, so that it can be judged again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from auto_deployment.errors import BadInputError
from auto_deployment.host.codec import LATER, OPTIONAL, from_plain, to_plain
from auto_deployment.release.judge.watched import Watched

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
    requests: int = 0
    attempts: int = 0  # this and what follows is for display
    bad_attempts: int = 0
    # Whose first slow attempt fell in this tick; None: nobody looked, as in releases of version 0.1.
    newly_slow: int | None = field(default=None, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        """Refuse what cannot have been counted."""
        if min(getattr(self, name) or 0 for name in self.__slots__) < 0:
            raise ValueError("a count below zero")
        if self.first_bad > self.users or self.bad_attempts > self.attempts:
            raise ValueError("more bad ones than there were")


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """As in `TrackCounts`, of the users of one group."""

    users: int = 0
    newly_bad: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot have been counted."""
        if min(self.users, self.newly_bad) < 0:
            raise ValueError("a count below zero")


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
    tracks_present: bool = True  # False: a track had no instance, or users were split in another way
    # Of the edge log: no evidence, and shown so that somebody asks why.
    damaged_lines: int = field(default=0, metadata=LATER)
    foreign_attempts: int = field(default=0, metadata=LATER)  # at addresses of neither track
    # Of the instances that got requests, as NGINX was told them; empty: not known.
    weights: Mapping[str, int] = field(default_factory=dict, metadata=LATER)
    set_aside: bool = field(default=False, metadata=LATER)  # it and what came before count no longer
    # None: nothing new since the tick before, or nobody looks.
    watched: Watched | None = field(default=None, metadata=OPTIONAL)
    # Group ("gender F") -> track; what was not met is left out.
    groups: Mapping[str, Mapping[str, GroupCounts]] = field(default_factory=dict, metadata=OPTIONAL)

    def __post_init__(self) -> None:
        """Refuse what no clock has shown and nobody has counted."""
        if not (0 <= self.duration_s < math.inf and self.time.tzinfo):
            raise ValueError(f"the tick of {self.time} has no duration or no time zone")
        if min(self.damaged_lines, self.foreign_attempts) < 0:
            raise ValueError("a count below zero")

    def of(self, track: str) -> TrackCounts:
        """Return a track's counts, zeros where there are none."""
        return self.counts.get(track, TrackCounts())

    def mean_ms(self, track: str) -> float | None:
        """Return a track's mean duration; what is not a number is no data."""
        value = self.mean_latency_ms.get(track)
        return value if value is not None and math.isfinite(value) and value >= 0 else None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        means = {track: self.mean_ms(track) for track in self.mean_latency_ms}
        content = {**to_plain(self), "mean_latency_ms": means}
        for name in ("weights", "set_aside"):
            if not content[name]:
                del content[name]
        return content

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Read a stored tick; raise `BadInputError` when it is none, or its counts cannot be."""
        try:
            return from_plain(cls, content)
        except ValueError as error:
            raise BadInputError(f"A tick of this release cannot be read ({error}).") from error


def evidence(ticks: Sequence[Tick]) -> list[Tick]:
    """Return the ticks that are evidence: those of `baking` since it last began anew."""
    counted: list[Tick] = []
    for tick in ticks:
        if tick.set_aside:
            counted.clear()
        elif tick.phase == BAKING:
            counted.append(tick)
    return counted
