"""Apply commands and requests from the inbox to the release under way. Pure."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auto_deployment.release.consequences import is_rejected
from auto_deployment.release.inbox import Request
from auto_deployment.release.phases import supersede
from auto_deployment.release.records import RejectedRelease
from auto_deployment.release.release import Action, Build, Kind, Phase, Release, ReleaseCommand, requested

log = logging.getLogger(__name__)

# Refusals of who asks for what is there: nothing is wrong with that.
UNDER_WAY, SERVES = "it is under way.", "it serves already."


@dataclass(frozen=True, slots=True)
class PastReleases:
    """What counts of earlier releases: what was rejected, and which releases have served everybody."""

    rejected: Sequence[RejectedRelease] = ()
    served: Collection[str] = ()


def must_wait(item: ReleaseCommand | Request, current: Release | None, waits: bool | None) -> bool:
    """Tell whether this is taken at a later look.

    What is being promoted or put back is no matter of evidence any more and ends within minutes: no candidate
    takes that away. `waits` says whether the release waits for approval, None while nobody has judged it.
    """
    if isinstance(item, ReleaseCommand):
        return item.action is Action.APPROVE and waits is None
    if item.kind is Kind.ROLLBACK or current is None or not current.under_way:
        return False
    return current.kind is Kind.ROLLBACK or current.phase is Phase.PROMOTING


def answer(
    item: ReleaseCommand | Request,
    current: Release | None,
    stable: Build,
    past: PastReleases,
    now: datetime,
    waits: bool = False,
) -> tuple[Release, ...]:
    """Return what is to be written, in order: the present release as it becomes, then perhaps a new one."""
    if isinstance(item, ReleaseCommand):
        return _apply(item, current, waits)
    refusal = refuse(item, current, stable, past)
    if refusal:
        log.warning("Release %s is not taken: %s", item.candidate.release, refusal)
        return ()
    if item.candidate.release == stable.release and current is not None:
        return (_end_for(item, current, now),)  # back to what serves: ending what is under way is all
    at = _after(current, now)
    new = requested(item.candidate, stable, item.id, item.by, at, item.kind, item.reason, item.origin)
    if current is not None and current.under_way:
        return (_end_for(item, current, now), new)
    return (new,)


def say_taken(item: ReleaseCommand | Request) -> None:
    """Say what a command was, once it is recorded: until then it is asked again at each look."""
    if isinstance(item, ReleaseCommand):
        log.info("%s by %s: %s", item.action, item.by, item.reason or "no reason given")


def refuse(request: Request, current: Release | None, stable: Build, past: PastReleases) -> str | None:
    """Return why a request comes to nothing, None when it does not."""
    candidate, busy = request.candidate, current is not None and current.under_way
    if current is not None and current.request == request.id:
        return "it was taken before."
    if current is not None and busy and current.id == candidate.release:
        return UNDER_WAY
    if candidate.release == stable.release:
        return None if busy and request.kind is Kind.ROLLBACK else SERVES
    if request.kind is Kind.ROLLBACK:
        return None if candidate.release in past.served else "it never served everybody."
    if found := is_rejected(candidate, past.rejected):
        return f"it was rejected: {found.reason}"
    return None


def _apply(command: ReleaseCommand, current: Release | None, waits: bool) -> tuple[Release, ...]:
    if current is None or not current.under_way:
        log.warning("%s by %s comes to nothing: no release is under way", command.action, command.by)
        return ()
    if command.release not in ("", current.id):  # it was about one that ended meanwhile
        log.warning(
            "%s by %s comes to nothing: %s is not under way", command.action, command.by, command.release
        )
        return ()
    if command.action is Action.APPROVE and not waits:  # nobody approves of evidence that is still to come
        log.warning("%s by %s comes to nothing: %s waits for nobody", command.action, command.by, current.id)
        return ()
    return (current.with_command(command),)


def _after(current: Release | None, now: datetime) -> datetime:
    """Return a time later than the present release's: the newest by time is the present one after a restart.

    Two requests may be taken in one look, and a clock may be set back.
    """
    if current is None:
        return now
    return max(now, current.requested_at + timedelta(microseconds=1))


def _end_for(request: Request, current: Release, now: datetime) -> Release:
    if request.kind is Kind.CANDIDATE:
        return supersede(current, request.candidate.release, now)
    reason = f"{request.by} asked for {request.candidate.release} instead."
    return current.to(Phase.ABORTED, now, reason, blameless=current.entered(Phase.WARMING) is None)
