"""`release run`: the controller, until told to stop."""

import argparse
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.request import urlopen

from prometheus_client import start_http_server

from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.ingest.locks import only_one
from auto_deployment.params import Params, load_params
from auto_deployment.paths import Paths
from auto_deployment.release.compose_project import own_project
from auto_deployment.release.controller import Controller, Parts, Report
from auto_deployment.release.docker import Docker
from auto_deployment.release.edge_flow import requests_of_status
from auto_deployment.release.images import Images
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.instances import ComposeInstances
from auto_deployment.release.metrics import ReleaseMetrics
from auto_deployment.release.observer import Observer, Sources
from auto_deployment.release.prometheus import Prometheus
from auto_deployment.release.state import Store
from auto_deployment.release.traffic import NginxContainer
from auto_deployment.release_mails import ReleaseMails
from auto_deployment.report.emailer import Outbox
from auto_deployment.report.postman import Postman
from auto_deployment.signals import until_told

log = logging.getLogger(__name__)

SAME_FAULT_EVERY_S = 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--once", action="store_true", help="look once and end")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carry out releases; return 0 when told to stop. With `--once` raise what the look raises."""
    params, paths = load_params(settings.params_file), Paths(settings.data_dir)
    log.info("Settings: %s; %s", settings.controller, params.release)
    with only_one(paths.releases / "controller.lock", "The release controller"):
        controller = _controller(settings, params, args.dry_run)
        controller.open()
        if args.once:
            report = controller.tick(datetime.now(UTC))
            log.info("%s", json.dumps({"step": str(report.step), "serving": sorted(report.traffic.names)}))
            return 0
        mail = settings.mail
        outbox = Outbox(paths.releases / "outbox", mail.smtp, mail.sender, mail.recipients)
        mails = ReleaseMails(outbox, params.release)
        metrics = ReleaseMetrics(params.release, params.traffic, Store(paths.releases).history())
        _serve(settings, metrics)
        with Postman(outbox) as postman, until_told() as stop:
            faults = _Faults()
            while not stop.is_set():
                now = datetime.now(UTC)
                try:
                    _show(controller.tick(now), metrics, mails)
                except Exception as error:
                    faults.log(error, now)
                metrics.show_outbox(postman.latest.waiting, postman.latest.oldest_age_s)
                stop.wait(params.release.poll_s)
    return 0


def _show(report: Report, metrics: ReleaseMetrics, mails: ReleaseMails) -> None:
    metrics.show(report)
    try:
        mails.tell(report)
    except MarqueeError as error:
        log.error("A mail was not written: %s", error)


class _Faults:
    """Logs each fault in full once, and again only after a while: the loop comes round every two seconds."""

    def __init__(self) -> None:
        self._last: tuple[str, datetime] | None = None

    def log(self, error: Exception, now: datetime) -> None:
        text = f"{type(error).__name__}: {error}"
        since_s = (now - self._last[1]).total_seconds() if self._last else 0.0
        if self._last and self._last[0] == text and since_s < SAME_FAULT_EVERY_S:
            return
        self._last = (text, now)
        if isinstance(error, MarqueeError):
            log.error("%s", error)
        else:
            log.error("Looking after the release failed", exc_info=error)


def _controller(settings: Settings, params: Params, dry_run: bool) -> Controller:
    own, paths, docker = settings.controller, Paths(settings.data_dir), Docker()
    images = Images(docker, own.image)
    project = own_project(docker, own.project_dir)
    sources = Sources(
        own.edge_dir / "logs" / "edge.log", Prometheus(own.prometheus_url), _counter(own.nginx_status_url)
    )
    parts = Parts(
        instances=ComposeInstances(docker, project, images),
        images=images,
        edge=NginxContainer(docker, project.name, own.edge_dir / "upstream", params.traffic),
        observer=Observer(sources, params.release.tick_s),
        store=Store(paths.releases),
        inbox=Inbox(paths.releases / "inbox"),
        paths=paths,
    )
    return Controller(parts, params.release, own.needs_approval, dry_run)


def _counter(url: str) -> Callable[[], int | None]:
    """Return what asks NGINX how many requests it took, None where it does not answer."""

    def ask() -> int | None:
        try:
            with urlopen(url, timeout=2.0) as page:
                return requests_of_status(page.read().decode("ascii", "replace"))
        except OSError:
            return None

    return ask


def _serve(settings: Settings, metrics: ReleaseMetrics) -> None:
    host, number = settings.controller.metrics_host, settings.controller.metrics_port
    try:
        start_http_server(number, host, metrics.registry)
    except OSError as error:
        raise MarqueeError(
            f"{host}:{number} cannot be used for metrics ({error.strerror}): set CONTROLLER_METRICS_PORT."
        ) from error
