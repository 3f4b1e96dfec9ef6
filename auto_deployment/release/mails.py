"""Which mails a release sends, and what stands in them: one for each phase that a reader must know of."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from auto_deployment.config.mail import MailSettings
from auto_deployment.mail.facts import COMMAND, ReleaseFacts
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.outbox import Outbox
from auto_deployment.paths import Paths
from auto_deployment.release.consequences import rejection
from auto_deployment.release.judge.ticks import BAKING
from auto_deployment.release.mail_pages import (
    aborted_mail,
    approval_mail,
    candidate_mail,
    metrics_unavailable_mail,
    promoted_mail,
    rollback_aborted_mail,
    rolled_back_mail,
    superseded_mail,
)
from auto_deployment.release.origin import described
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.parts import Report
from auto_deployment.release.phases import judge_params
from auto_deployment.release.release import Kind, Phase, Release, Verb
from auto_deployment.release.status import judgement_of
from auto_deployment.release.store import Record

Render = Callable[[ReleaseFacts], Mail]
# Of a rollback its end says everything. A candidate may enter and leave `requested` in one look.
MAILS: Mapping[tuple[Kind, Phase], Render] = {
    (Kind.CANDIDATE, Phase.REQUESTED): candidate_mail,
    (Kind.CANDIDATE, Phase.STARTING): candidate_mail,
    (Kind.CANDIDATE, Phase.PROMOTED): promoted_mail,
    (Kind.CANDIDATE, Phase.ABORTED): aborted_mail,
    (Kind.CANDIDATE, Phase.SUPERSEDED): superseded_mail,
    (Kind.ROLLBACK, Phase.PROMOTED): rolled_back_mail,
    (Kind.ROLLBACK, Phase.ABORTED): rollback_aborted_mail,
}


def release_outbox(paths: Paths, settings: MailSettings) -> Outbox:
    """Return the outbox of the releases below this data directory."""
    return Outbox(paths.releases / "outbox", settings)


class ReleaseMails:
    """Puts mails into the outbox, each event once; sending is somebody else's."""

    def __init__(self, outbox: Outbox, params: ReleaseParams, command: str = COMMAND) -> None:
        self._outbox, self._params, self._command = outbox, params, command
        self._told: set[tuple[Render, str, datetime | None]] = set()

    def tell(self, report: Report) -> None:
        """Write the mails that this look asks for; raise `MarqueeError` when the disk does not take them."""
        records = list(report.changed)
        if report.record is not None and report.record not in records:
            records.append(report.record)  # after a kill: the outbox knows what it has had
        for record in records:
            self._tell(record)
        if report.record is not None and report.record.release.under_way:
            self._tell_of_waiting(report.record, report)

    def _tell_of_waiting(self, record: Record, report: Report) -> None:
        if report.waits:
            self._put(approval_mail, record, report.now)
        if record.release.phase is Phase.BAKING and record.ticks and not record.ticks[-1].metrics_available:
            self._put(metrics_unavailable_mail, record, report.now)

    def _tell(self, record: Record) -> None:
        release = record.release
        if render := MAILS.get((release.kind, release.phase)):
            self._put(render, record, release.since)

    def _put(self, render: Render, record: Record, at: datetime) -> None:
        since = _unavailable_since(record) if render is metrics_unavailable_mail else None
        key = (render, record.release.request, since)
        if key in self._told:
            return
        self._outbox.put(render(replace(facts(record, self._params, at), command=self._command)))
        self._told.add(key)


def facts(record: Record, params: ReleaseParams, at: datetime) -> ReleaseFacts:
    """Return what a mail says of a release."""
    release, limits = record.release, judge_params(record.release, params)
    baking = [tick for tick in record.ticks if tick.phase == BAKING]
    judgement = judgement_of(record, params)
    said = release.said(Verb.ABORT, Verb.REJECT, Verb.PROMOTE, Verb.APPROVE)
    begins = release.entered(Phase.BAKING) or release.requested_at + timedelta(seconds=params.warming_s)
    rejected, since = rejection(release), _unavailable_since(record)
    return ReleaseFacts(
        release=release.id,
        model_version=release.candidate.model_version,
        code_revision=release.candidate.code_revision,
        requested_at=release.requested_at,
        at=at,
        reason=release.reason if not release.under_way or judgement is None else judgement.reason,
        checks=judgement.checks if judgement else (),
        ticks=baking,
        stable_release=release.stable.release,
        by=said.by if said else None,
        requested_by=release.requested_by,
        earliest_promotion=begins + timedelta(seconds=limits.window_s),
        latest_decision=begins + timedelta(seconds=limits.max_window_s),
        rejected=rejected.kind if rejected else None,
        successor=_successor(release),
        unavailable_since=since,
        aborts_at=since + timedelta(seconds=limits.metrics_unavailable_max_s) if since else None,
        mean_latency_max_ms=limits.mean_latency_max_ms,
        origin=described(release.origin),
    )


def _successor(release: Release) -> str | None:
    if release.phase is not Phase.SUPERSEDED:
        return None
    return release.reason.rpartition(": ")[2].rstrip(".")


def _unavailable_since(record: Record) -> datetime | None:
    missing = list(takewhile(lambda tick: not tick.metrics_available, reversed(record.ticks)))
    return missing[-1].time - timedelta(seconds=missing[-1].duration_s) if missing else None
