"""What a mail is made of: plain facts, handed in by whoever did the thing. Times are in UTC.

What comes from a release fits by its form alone (protocols), so that this package needs to know nobody: the
judge's `CheckResult` is a `ReleaseCheck`, and its `Tick` is a `TrackTick`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

COMMAND = "docker compose exec controller marquee release"


@dataclass(frozen=True, slots=True)
class GateCheckFacts:
    """One check of the gate. `passed` None: it could not be computed, and so did not pass."""

    name: str
    passed: bool | None
    sentence: str
    value: float | None = None
    limit: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "GateCheckFacts":
        """Take an entry of `checks` in `gate.json`."""
        known: dict[str, Any] = {name: content.get(name) for name in cls.__dataclass_fields__}
        return cls(**known)


@dataclass(frozen=True, slots=True)
class DataProfile:
    """The events that a model learnt from and was measured on; every number counts events."""

    kinds: Mapping[str, int]
    days: Sequence[tuple[date, Mapping[str, int]]]  # kind -> events of one day, oldest first
    groups: Mapping[str, Mapping[str, int]]  # "gender", "age", "activity" -> group -> events
    users: int
    movies: int


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """One retraining cycle: published, refused by the gate, or failed."""

    started: datetime
    ended: datetime
    sentence: str  # how it ended and why
    version: str | None = None  # of the model, where it got as far as having one
    step: str = ""  # where it stood
    advice: str = ""  # failed: what a person should do
    checks: Sequence[GateCheckFacts] = ()
    metrics: Mapping[str, float | None] = field(default_factory=dict)  # summary.json
    champion: str | None = None  # None: there was none to compare with
    profile: DataProfile | None = None
    new_segments: int = 0
    new_bytes: int = 0
    damaged: Mapping[str, str] = field(default_factory=dict)  # segment -> what is wrong with it
    review_branch: str | None = None  # it waits there for a person to merge it
    next_run: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One strong change: what it is now, what it was, and on how many lines this rests."""

    name: str
    now: float
    before: float
    lines: int


@dataclass(frozen=True, slots=True)
class DriftFacts:
    """The stream no longer looks as it did lately; one mail a day for the same findings."""

    at: datetime
    findings: Sequence[DriftFinding]
    trailing_days: int


class ReleaseCheck(Protocol):
    """One row of the judge's verdict; `outcome` is kept, broken, open or not-computable."""

    @property
    def name(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def stable(self) -> float | None: ...
    @property
    def canary(self) -> float | None: ...
    @property
    def limit(self) -> float: ...
    @property
    def n(self) -> int: ...
    @property
    def sentence(self) -> str: ...


class Counts(Protocol):
    """What one track saw in one tick."""

    @property
    def users(self) -> int: ...
    @property
    def newly_bad(self) -> int: ...


class TrackTick(Protocol):
    """One evaluation of both tracks, "stable" and "canary"."""

    @property
    def time(self) -> datetime: ...
    @property
    def phase(self) -> str: ...
    @property
    def counts(self) -> Mapping[str, Counts]: ...
    @property
    def mean_latency_ms(self) -> Mapping[str, float | None]: ...
    @property
    def metrics_available(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """One release at the moment of the event that the mail is about."""

    release: str  # <model version>-<code revision>
    model_version: str
    code_revision: str
    requested_at: datetime
    at: datetime  # of the event
    reason: str  # one sentence
    checks: Sequence[ReleaseCheck] = ()
    ticks: Sequence[TrackTick] = ()
    stable_release: str | None = None  # what serves beside it, or served before it
    by: str | None = None  # the person who decided, None where the judge did
    requested_by: str | None = None  # the person or the job that asked for it
    earliest_promotion: datetime | None = None  # if all goes well
    latest_decision: datetime | None = None  # what is inconclusive by then is aborted
    rejected: str | None = None  # "artefact" or "code": what is never released again
    successor: str | None = None  # superseded: the release that took its place
    unavailable_since: datetime | None = None  # metrics unavailable: since when
    aborts_at: datetime | None = None  # metrics unavailable: when that ends the release
    mean_latency_max_ms: float | None = None  # the limit that the plot shows
    command: str = COMMAND  # what precedes promote, abort, extend
    origin: Sequence[tuple[str, str]] = ()  # what the pipeline knows, as label and value
