"""`release run`: the controller, until Ctrl-C or SIGTERM."""

import argparse
import json
import logging
import os
from datetime import UTC, datetime

from auto_deployment.commands.fleet.shared import opener_of
from auto_deployment.commands.release.platforms import TRACKS, Platform, platform
from auto_deployment.config import Settings
from auto_deployment.cycle.release_ends import following
from auto_deployment.errors import MarqueeError
from auto_deployment.gitlab.api import GitLabError, GitLabProject, project_of
from auto_deployment.gitlab.statuses import CommitStatus, CommitStatuses
from auto_deployment.host.faults import Faults
from auto_deployment.host.locks import only_one
from auto_deployment.host.metrics_server import serving
from auto_deployment.host.signals import until_stopped
from auto_deployment.mail.sender import Sender
from auto_deployment.params import Params, load_params
from auto_deployment.paths import FeedbackLayout, Paths
from auto_deployment.release.controller import Controller
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.mails import ReleaseMails, release_outbox
from auto_deployment.release.metrics import ReleaseMetrics
from auto_deployment.release.observe.edge_log import Follows
from auto_deployment.release.observe.measurements import PrometheusMetrics
from auto_deployment.release.observe.observer import Observer, Sources
from auto_deployment.release.observe.prometheus import Prometheus
from auto_deployment.release.observe.user_groups import user_groups
from auto_deployment.release.observe.watched_file import watched_file
from auto_deployment.release.online.keep import OnlineSource
from auto_deployment.release.store import Store
from auto_deployment.release.wiring import ControllerParts, Report

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="look once and end")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carry out releases; return 0 when told to stop. With `--once` raise what the look raises."""
    params, paths = load_params(settings.params_file), Paths(settings.data_dir)
    log.info("Settings: %s; %s", settings.controller, params.release)
    with only_one(paths.controller_lock, "The release controller"):
        measures = FeedbackLayout(paths.feedback).measures
        online = OnlineSource.of(measures, params.feedback.measures.settle_days)
        under = platform(settings, params)
        controller = _controller(settings, params, under, online, args.dry_run)
        controller.open()
        if args.once:
            report = controller.tick(datetime.now(UTC))
            if report.trouble:
                raise MarqueeError(report.trouble)
            log.info("%s", json.dumps({"step": str(report.step), "serving": sorted(report.traffic.names)}))
            return 0
        outbox = release_outbox(paths, settings.mail)
        mails = ReleaseMails(outbox, params.release, online.reader)
        metrics = ReleaseMetrics(params.release, params.traffic, Store(paths.releases).history())
        own = settings.controller
        served = serving((own.metrics_host, own.metrics_port), "CONTROLLER_METRICS_PORT", metrics.registry)
        statuses = CommitStatuses(_gitlab())
        told = following(paths, opener_of(settings))
        with served, Sender(outbox) as sender, statuses, told, until_stopped(twice_ends=True) as stop:
            faults, unread = Faults(), Faults()
            while not stop.is_set():
                now = datetime.now(UTC)
                try:
                    _bring(under, unread, now)
                    report = controller.tick(now)
                    _show(report, metrics, mails)
                    _want_statuses(report, statuses)
                    if report.trouble:
                        faults.log(MarqueeError(report.trouble), now)
                except Exception as error:
                    faults.log(error, now)
                metrics.show_outbox(sender.latest.waiting, sender.latest.oldest_age_s)
                stop.wait(params.release.poll_s)
    return 0


def _bring(under: Platform, unread: Faults, now: datetime) -> None:
    """Bring logs that end with who writes them; when that fails, a release notices it at its next tick."""
    if under.bring is None:
        return
    try:
        under.bring()
    except MarqueeError as error:
        unread.log(error, now)


def _show(report: Report, metrics: ReleaseMetrics, mails: ReleaseMails) -> None:
    metrics.show(report)
    try:
        mails.tell(report)
    except MarqueeError as error:
        log.error("A mail was not written: %s", error)


def _want_statuses(report: Report, statuses: CommitStatuses) -> None:
    """Tell GitLab of every release that entered a phase, and after a restart of the newest."""
    records = [*report.changed, *([report.record] if report.record else [])]
    for release in (record.release for record in records):
        origin = release.origin
        if "revision" in origin:
            sentence = f"{release.id} is {release.phase}: {release.reason}"
            page = origin.get("pipeline_url", "")
            statuses.want(CommitStatus(origin["revision"], release.phase.value, sentence, page))


def _gitlab() -> GitLabProject | None:
    try:
        return project_of(os.environ)
    except GitLabError as error:
        raise MarqueeError(str(error)) from error


def _controller(
    settings: Settings, params: Params, under: Platform, online: OnlineSource, dry_run: bool
) -> Controller:
    own, paths, slow_s = settings.controller, Paths(settings.data_dir), params.release.judge.slow_ms / 1000
    sources = Sources(
        Follows(under.log, TRACKS, slow_s, user_groups(own.feedback_dir), under.bring),
        PrometheusMetrics(Prometheus(own.prometheus_url)),
        under.requests,
        watched_file(own.feedback_dir, paths, params.release.judge.watched),
    )
    parts = ControllerParts(
        instances=under.instances,
        images=under.images,
        edge=under.edge,
        observer=Observer(sources, params.release.tick_s),
        store=Store(paths.releases),
        inbox=Inbox(paths.release_inbox),
        paths=paths,
        online=online,
    )
    return Controller(parts, params.release, own.needs_approval, dry_run)
