"""Releases in a local run: the same controller, in the run's own loop, from the first `release deploy` on."""

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.host.faults import Faults
from auto_deployment.local.processes import Program
from auto_deployment.local.releases.latency import InstanceMetrics
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.local.session import Session
from auto_deployment.params import Params
from auto_deployment.paths import FeedbackLayout, Paths, RunLayout
from auto_deployment.release.controller import Controller
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.mails import ReleaseMails, release_outbox
from auto_deployment.release.observe.edge_log import Follows
from auto_deployment.release.observe.nginx_status import counter
from auto_deployment.release.observe.observer import Observer, Sources
from auto_deployment.release.observe.user_groups import user_groups
from auto_deployment.release.observe.watched_file import watched_file
from auto_deployment.release.online.keep import OnlineSource
from auto_deployment.release.store import Store
from auto_deployment.release.wiring import ControllerParts, Report

log = logging.getLogger(__name__)

COMMAND = "python -m auto_deployment release"  # as mails print it, with the run's DATA_DIR before it


class LocalReleases:
    """Looks every `poll_s` while releases are in use, does nothing before; no fault of it ends the run."""

    def __init__(
        self, settings: Settings, params: Params, layout: RunLayout, models: ModelStore, session: Session
    ) -> None:
        self._settings, self._params, self._layout, self._models = settings, params, layout, models
        self._session = session
        self._controller: Controller | None = None
        self._looked_at: datetime | None = None
        self._faults = Faults()
        paths = Paths(settings.data_dir)
        measures = FeedbackLayout(paths.feedback).measures
        self._online = OnlineSource.of(measures, params.feedback.measures.settle_days)
        outbox, command = release_outbox(paths, settings.mail), f"DATA_DIR={settings.data_dir} {COMMAND}"
        self._mails = ReleaseMails(outbox, params.release, self._online.reader, command)

    def step(self, now: datetime | None = None) -> None:
        """Look once if it is time."""
        now = now or datetime.now(UTC)
        waited_s = (now - self._looked_at).total_seconds() if self._looked_at else float("inf")
        if not self._models.in_use or 0 <= waited_s < self._params.release.poll_s:
            return
        self._looked_at = now
        try:
            self._report(self._open().tick(now))
        except (MarqueeError, OSError) as error:
            self._faults.log(error, now)

    def _open(self) -> Controller:
        if self._controller is None:
            controller = self._make()
            controller.open()
            if self._settings.mail.smtp is not None:
                self._session.supervisor.add(_sender(self._layout), stops_last=True)
            self._controller = controller
        return self._controller

    def _make(self) -> Controller:
        local, paths = self._settings.local, Paths(self._settings.data_dir)
        tracks = {one.port: one.track for one in self._session.instances}
        feedback, judge = self._settings.controller.feedback_dir, self._params.release.judge
        sources = Sources(
            Follows(self._layout.edge_log, tracks, judge.slow_ms / 1000, user_groups(feedback)),
            InstanceMetrics(self._session.instances, paths.local_latency),
            counter(f"http://127.0.0.1:{local.status_port}/stub_status"),
            watched_file(feedback, paths, judge.watched),
        )
        parts = ControllerParts(
            instances=self._session.release_instances,
            images=self._models,
            edge=self._session.edge,
            observer=Observer(sources, self._params.release.tick_s),
            store=Store(paths.releases),
            inbox=Inbox(paths.release_inbox),
            paths=paths,
            online=self._online,
        )
        return Controller(parts, self._params.release, self._settings.controller.needs_approval)

    def _report(self, report: Report) -> None:
        for record in report.changed:
            log.info("Release %s: %s", record.release.id, record.release.phase)
        self._mails.tell(report)
        if report.trouble:
            raise MarqueeError(report.trouble)


def _sender(layout: RunLayout) -> Program:
    """A process of its own: the run's loop waits for no mail server, and with threads it could not fork."""
    return Program(
        name="sender",
        command=[sys.executable, "-m", "auto_deployment", "mail", "deliver"],
        log=layout.log("sender"),
        environ=os.environ,
        folder=Path.cwd(),
    )
