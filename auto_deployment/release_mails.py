"""Which mails a release sends, and what stands in them: one for each phase that a reader must know of."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

from auto_deployment.release.aftermath import rejection
from auto_deployment.release.options import ReleaseParams
from auto_deployment.release.origin import described
from auto_deployment.release.parts import Report
from auto_deployment.release.phases import judge_params
from auto_deployment.release.release import Kind, Phase, Release, Verb
from auto_deployment.release.state import Record
from auto_deployment.release.status import judgement_of
from auto_deployment.release.ticks import BAKING
from auto_deployment.report.emailer import Outbox
from auto_deployment.report.mail import Mail
from auto_deployment.report.mail_facts import COMMAND, ReleaseFacts
from auto_deployment.report.release_mails import (
    aborted_mail,
    approval_mail,
    candidate_mail,
    metrics_unavailable_mail,
    promoted_mail,
    superseded_mail,
)

MAILS: Mapping[Phase, Callable[[ReleaseFacts], Mail]] = {
    Phase.REQUESTED: candidate_mail,
    Phase.PROMOTED: promoted_mail,
    Phase.ABORTED: aborted_mail,
    Phase.SUPERSEDED: superseded_mail,
}


class ReleaseMails:
    """Puts mails into the outbox, each event once; sending is somebody else's."""

    def __init__(self, outbox: Outbox, params: ReleaseParams, command: str = COMMAND) -> None:
        self._outbox, self._params, self._command = outbox, params, command
        self._told: set[tuple[str, ...]] = set()

    def tell(self, report: Report) -> None:
        """Write the mails that this look asks for; raise `MarqueeError` when the disk does not take them."""
        records = list(report.changed)
        if report.record is not None and report.record not in records:
            records.append(report.record)  # after a kill: the outbox knows what it has had
        for record in records:
            self._tell(record, report)
        if report.record is not None and report.record.release.under_way:
            self._tell_of_waiting(report.record, report)

    def _tell_of_waiting(self, record: Record, report: Report) -> None:
        if report.waits:
            self._put("approval", record, approval_mail, report.now)
        if record.release.phase is Phase.BAKING and record.ticks and not record.ticks[-1].metrics_available:
            self._put("unavailable", record, metrics_unavailable_mail, report.now)

    def _tell(self, record: Record, report: Report) -> None:
        kind = record.release.phase
        if kind not in MAILS and record.release.phase is Phase.STARTING:
            kind = Phase.REQUESTED  # entered and left in one look
        if kind is Phase.REQUESTED and record.release.kind is Kind.ROLLBACK:
            return  # its end says everything
        if kind in MAILS:
            self._put(kind.value, record, MAILS[kind], report.now)

    def _put(self, kind: str, record: Record, render: Callable[[ReleaseFacts], Mail], now: datetime) -> None:
        since = _unavailable_since(record) if kind == "unavailable" else None
        key = (kind, record.release.request, str(since))
        if key in self._told:
            return
        at = now if kind in ("approval", "unavailable") else record.release.since
        told = replace(facts(record, self._params, at), command=self._command)
        self._outbox.put(render(told))
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
