r"""A release: who it is, where it stands, what was said of it. Values only; the clock is handed in.

    requested -> starting -> warming -> baking -> promoting -> promoted
                     \__________\__________\____________\_____-> aborted
                                             \____-> superseded

A rollback goes from `requested` to `promoting` at once: what it brings back has served everybody before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """Where a release stands. The last three are ends."""

    REQUESTED = "requested"
    STARTING = "starting"
    WARMING = "warming"
    BAKING = "baking"
    PROMOTING = "promoting"
    PROMOTED = "promoted"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"


ENDS = (Phase.PROMOTED, Phase.ABORTED, Phase.SUPERSEDED)


class Kind(StrEnum):
    """A candidate that has to earn production, or an older release that is put back."""

    CANDIDATE = "candidate"
    ROLLBACK = "rollback"


class Verb(StrEnum):
    """What a person may say of a release under way."""

    PROMOTE = "promote"
    ABORT = "abort"
    EXTEND = "extend"
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Build:
    """What an image is, by its content; `release` is `<model version>-<code revision>`."""

    release: str
    model_version: str
    content_hash: str
    code_revision: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said, and when; `id` is unique, so that nothing is heard twice."""

    id: str
    verb: Verb
    by: str
    at: datetime
    reason: str = ""
    seconds: float = 0.0  # of `extend`
    release: str = ""  # the release that is meant; empty in records of old: whichever is under way


@dataclass(frozen=True, slots=True)
class Change:
    """The release entered this phase."""

    phase: Phase
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """One candidate's history, from request to end."""

    kind: Kind
    candidate: Build
    stable: Build  # what served everybody when this was requested
    request: str  # unique id of the request
    requested_by: str
    changes: tuple[Change, ...]
    words: tuple[Word, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)  # what the pipeline knows: release/origin.py
    blameless: bool = False  # what ended it says nothing of the candidate: it may be asked for again

    @property
    def id(self) -> str:
        return self.candidate.release

    @property
    def phase(self) -> Phase:
        return self.changes[-1].phase

    @property
    def since(self) -> datetime:
        """Return when the present phase began."""
        return self.changes[-1].at

    @property
    def reason(self) -> str:
        return self.changes[-1].reason

    @property
    def requested_at(self) -> datetime:
        return self.changes[0].at

    @property
    def under_way(self) -> bool:
        return self.phase not in ENDS

    def entered(self, phase: Phase) -> datetime | None:
        """Return when it entered a phase, None when it never did."""
        return next((change.at for change in self.changes if change.phase is phase), None)

    def said(self, *verbs: Verb) -> Word | None:
        """Return the first word of these verbs."""
        return next((word for word in self.words if word.verb in verbs), None)

    def extended_s(self) -> float:
        """Return by how much persons have made the window longer."""
        return sum(word.seconds for word in self.words if word.verb is Verb.EXTEND)

    def to(self, phase: Phase, at: datetime, reason: str, blameless: bool = False) -> "Release":
        """Return the release in its next phase."""
        return replace(self, changes=(*self.changes, Change(phase, at, reason)), blameless=blameless)

    def hear(self, word: Word) -> "Release":
        """Return the release with what a person said; the same word again changes nothing."""
        if any(one.id == word.id for one in self.words):
            return self
        return replace(self, words=(*self.words, word))


def requested(
    candidate: Build,
    stable: Build,
    request: str,
    by: str,
    now: datetime,
    kind: Kind = Kind.CANDIDATE,
    reason: str = "",
    origin: Mapping[str, str] | None = None,
) -> Release:
    """Return a new release."""
    reason = f"Requested by {by}: {reason.rstrip('.')}." if reason else f"Requested by {by}."
    changes = (Change(Phase.REQUESTED, now, reason),)
    return Release(kind, candidate, stable, request, by, changes, origin=dict(origin or {}))
