r"""A release: who it is, where it stands, what persons asked of it. Values only; the clock is handed in.

    requested -> starting -> warming -> baking -> promoting -> promoted
                     \__________\__________\____________\_____-> aborted
                                             \____-> superseded, inconclusive

A rollback goes from `requested` to `promoting` at once: what it brings back has served everybody before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from auto_deployment.host.codec import LATER


class Phase(StrEnum):
    """Where a release stands. The last four are ends."""

    REQUESTED = "requested"
    STARTING = "starting"
    WARMING = "warming"
    BAKING = "baking"
    PROMOTING = "promoting"
    PROMOTED = "promoted"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    INCONCLUSIVE = "inconclusive"  # too little was shown, or both tracks failed: nothing is rejected


ENDS = (Phase.PROMOTED, Phase.ABORTED, Phase.SUPERSEDED, Phase.INCONCLUSIVE)
GIVEN_UP = (Phase.ABORTED, Phase.INCONCLUSIVE)  # the canary goes at once, recorded or not


class Kind(StrEnum):
    """A candidate that has to earn production, or an older release that is put back."""

    CANDIDATE = "candidate"
    ROLLBACK = "rollback"


class Action(StrEnum):
    """What a person may ask of a release under way."""

    PROMOTE = "promote"
    ABORT = "abort"
    EXTEND = "extend"
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Build:
    """What an image is, by its content; `release` is `<model version>-<code revision>`."""

    CLOSED: ClassVar = True

    release: str
    model_version: str
    content_hash: str
    code_revision: str


@dataclass(frozen=True, slots=True)
class ReleaseCommand:
    """What a person asked for, and when; `id` is unique, so that nothing is carried out twice."""

    id: str
    action: Action = field(metadata={"name": "verb"})
    by: str
    at: datetime
    reason: str = ""
    seconds: float = 0.0  # of `extend`
    release: str = field(default="", metadata=LATER)  # empty: whichever is under way


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
    origin: Mapping[str, str] = field(default_factory=dict, metadata=LATER)  # as release/origin.py has it
    commands: tuple[ReleaseCommand, ...] = field(default=(), metadata={"name": "words"})
    # What ended it says nothing of the candidate: it may be asked for again.
    blameless: bool = field(default=False, metadata=LATER)

    def __post_init__(self) -> None:
        """Refuse what stands nowhere."""
        if not self.changes:
            raise ValueError("a release without a phase")

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
        """Return when it entered a phase last, None when it never did."""
        return next((change.at for change in reversed(self.changes) if change.phase is phase), None)

    def command(self, *actions: Action) -> ReleaseCommand | None:
        """Return the first command for one of these actions."""
        return next((command for command in self.commands if command.action in actions), None)

    def extended_s(self) -> float:
        """Return by how much persons have made the window longer."""
        return sum(command.seconds for command in self.commands if command.action is Action.EXTEND)

    def to(self, phase: Phase, at: datetime, reason: str, blameless: bool = False) -> "Release":
        """Return the release in its next phase."""
        return replace(self, changes=(*self.changes, Change(phase, at, reason)), blameless=blameless)

    def with_command(self, command: ReleaseCommand) -> "Release":
        """Return the release with a command; the same one again changes nothing."""
        if any(one.id == command.id for one in self.commands):
            return self
        return replace(self, commands=(*self.commands, command))


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
