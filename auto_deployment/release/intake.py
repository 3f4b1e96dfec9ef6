"""What follows from what was asked: words for the release under way, and requests for new ones. Pure."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from auto_deployment.release.aftermath import is_rejected
from auto_deployment.release.inbox import Request
from auto_deployment.release.phases import supersede
from auto_deployment.release.release import Build, Kind, Phase, Release, Word, requested
from auto_deployment.release_records import Rejected

log = logging.getLogger(__name__)

# Refusals of who asks for what is there: nothing is wrong with that.
UNDER_WAY, SERVES = "it is under way.", "it serves already."


def answer(
    item: Word | Request,
    current: Release | None,
    stable: Build,
    rejected: Sequence[Rejected],
    now: datetime,
) -> tuple[Release, ...]:
    """Return what is to be written, in order: the present release as it becomes, then perhaps a new one."""
    if isinstance(item, Word):
        return _hear(item, current)
    refusal = refuse(item, current, stable, rejected)
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


def refuse(
    request: Request, current: Release | None, stable: Build, rejected: Sequence[Rejected]
) -> str | None:
    """Return why a request comes to nothing, None when it does not."""
    candidate, busy = request.candidate, current is not None and current.under_way
    if current is not None and current.request == request.id:
        return "it was taken before."
    if current is not None and busy and current.id == candidate.release:
        return UNDER_WAY
    if candidate.release == stable.release:
        return None if busy and request.kind is Kind.ROLLBACK else SERVES
    if request.kind is Kind.CANDIDATE and (found := is_rejected(candidate, rejected)):
        return f"it was rejected: {found.reason}"
    return None


def _hear(word: Word, current: Release | None) -> tuple[Release, ...]:
    if current is None or not current.under_way:
        log.warning("%s by %s comes to nothing: no release is under way", word.verb, word.by)
        return ()
    if word.release not in ("", current.id):  # said of one that ended meanwhile
        log.warning("%s by %s comes to nothing: %s is not under way", word.verb, word.by, word.release)
        return ()
    log.info("%s by %s: %s", word.verb, word.by, word.reason or "no reason given")
    return (current.hear(word),)


def _after(current: Release | None, now: datetime) -> datetime:
    """Return a time later than the present release's: the newest by time is the present one after a restart.

    Two requests may be taken in one look, and a clock may be set back.
    """
    if current is None:
        return now
    return max(now, current.requested_at + timedelta(microseconds=1))


def _end_for(request: Request, current: Release, now: datetime) -> Release:
    if request.kind is Kind.CANDIDATE and current.phase is not Phase.PROMOTING:
        return supersede(current, request.candidate.release, now)
    return current.to(Phase.ABORTED, now, f"{request.by} asked for {request.candidate.release} instead.")
