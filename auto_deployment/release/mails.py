"""Which mails a release sends: one for each phase that a reader must know of."""

from collections.abc import Callable, Mapping
from datetime import datetime

from auto_deployment.config.mail import MailSettings
from auto_deployment.mail.mail import Mail
from auto_deployment.mail.outbox import Outbox
from auto_deployment.paths import Paths
from auto_deployment.release.mail_pages import (
    COMMAND,
    ReleaseEvent,
    aborted_mail,
    approval_mail,
    below_slo_mail,
    candidate_mail,
    inconclusive_mail,
    metrics_unavailable_mail,
    promoted_mail,
    rollback_aborted_mail,
    rolled_back_mail,
    superseded_mail,
)
from auto_deployment.release.online.reader import NotMeasured, OnlineReader
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.release import Kind, Phase
from auto_deployment.release.status import judgement_of
from auto_deployment.release.store import Record
from auto_deployment.release.wiring import Report

Render = Callable[[ReleaseEvent], Mail]
# Of a rollback its end says everything. A candidate may enter and leave `requested` in one look.
MAILS: Mapping[tuple[Kind, Phase], Render] = {
    (Kind.CANDIDATE, Phase.REQUESTED): candidate_mail,
    (Kind.CANDIDATE, Phase.STARTING): candidate_mail,
    (Kind.CANDIDATE, Phase.PROMOTED): promoted_mail,
    (Kind.CANDIDATE, Phase.ABORTED): aborted_mail,
    (Kind.CANDIDATE, Phase.SUPERSEDED): superseded_mail,
    (Kind.CANDIDATE, Phase.INCONCLUSIVE): inconclusive_mail,
    (Kind.ROLLBACK, Phase.PROMOTED): rolled_back_mail,
    (Kind.ROLLBACK, Phase.ABORTED): rollback_aborted_mail,
}


def release_outbox(paths: Paths, settings: MailSettings) -> Outbox:
    """Return the outbox of the releases below this data directory."""
    return Outbox(paths.release_outbox, settings)


class ReleaseMails:
    """Puts mails into the outbox, each event once; sending is somebody else's."""

    def __init__(
        self, outbox: Outbox, params: ReleaseParams, online: OnlineReader, command: str = COMMAND
    ) -> None:
        self._outbox, self._params, self._online, self._command = outbox, params, online, command
        self._written: set[tuple[Render, str, datetime | None]] = set()

    def tell(self, report: Report) -> None:
        """Write the mails that this look asks for; raise `MarqueeError` when the disk does not take them."""
        records = list(report.changed)
        if report.record is not None and report.record not in records:
            records.append(report.record)  # after a kill: the outbox knows what it has had
        for record in records:
            self._put_phase(record)
        if report.record is not None and report.record.release.under_way:
            self._put_waiting(report.record, report)

    def _put_waiting(self, record: Record, report: Report) -> None:
        if report.waits:
            self._put(approval_mail, record, report.now)
        if report.judgement is not None and report.judgement.below_slo_s:
            self._put(below_slo_mail, record, report.now)
        if record.release.phase is Phase.BAKING and record.ticks and not record.ticks[-1].metrics_available:
            self._put(metrics_unavailable_mail, record, report.now)

    def _put_phase(self, record: Record) -> None:
        release = record.release
        if render := MAILS.get((release.kind, release.phase)):
            self._put(render, record, release.since)

    def _put(self, render: Render, record: Record, at: datetime) -> None:
        since = record.unavailable_since if render is metrics_unavailable_mail else None
        key = (render, record.release.request, since)
        if key in self._written:
            return
        judgement = judgement_of(record, self._params)
        online = self._online.read(record.release.id)
        if isinstance(online, NotMeasured) and record.online is not None:
            online = record.online
        self._outbox.put(render(ReleaseEvent(record, judgement, self._params, at, self._command, online)))
        self._written.add(key)
