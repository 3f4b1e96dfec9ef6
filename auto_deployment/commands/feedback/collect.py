"""`feedback collect`: follow NGINX's edge log, or the service's own lines, until Ctrl-C or SIGTERM."""

import argparse
import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.feedback.collect import EDGE_LOG, SERVICE_LOG, Collector, LogSource
from auto_deployment.feedback.metrics import CollectMetrics
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.host.faults import Faults
from auto_deployment.host.locks import only_one
from auto_deployment.host.metrics_server import serving
from auto_deployment.host.signals import Stop, until_stopped
from auto_deployment.params import load_params
from auto_deployment.paths import FeedbackLayout, Paths, RunLayout

log = logging.getLogger(__name__)

TIDY_EVERY = timedelta(hours=1)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="read what is there now and end")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Collect; return 0 when told to stop. With `--once` raise what the look raises."""
    params = load_params(settings.params_file).feedback
    paths = Paths(settings.data_dir)
    layout = FeedbackLayout.below(paths.feedback)
    with only_one(layout.collect_lock, "Collecting"), until_stopped(twice_ends=True) as stop:
        requests, source = requests_of(settings)
        collector = Collector(requests, paths, params.collect, source)
        if args.once:
            collector.step(datetime.now(UTC))
            collector.close()
            sys.stdout.write(json.dumps(asdict(collector.done)) + "\n")
            return 0
        log.info("Follows %s; %s", requests, params.collect)
        metrics = CollectMetrics()
        own = settings.feedback
        with serving((own.metrics_host, own.collect_port), "FEEDBACK_COLLECT_METRICS_PORT", metrics.registry):
            _follow(collector, params, metrics, stop)
        collector.close()
    return 0


def requests_of(settings: Settings) -> tuple[Path, LogSource]:
    """Return who tells of requests, and where."""
    own = settings.impressions
    if own.by_service:
        return own.folder or RunLayout.below(Paths(settings.data_dir).run).impressions, SERVICE_LOG
    return edge_log(settings), EDGE_LOG


def edge_log(settings: Settings) -> Path:
    """Return the log of the NGINX that this installation has."""
    if settings.controller.in_containers:
        return settings.controller.edge_dir / "logs" / "edge.log"
    return RunLayout.below(Paths(settings.data_dir).run).edge_log


def _follow(collector: Collector, params: FeedbackParams, metrics: CollectMetrics, stop: Stop) -> None:
    faults, tidied = Faults(), datetime.min.replace(tzinfo=UTC)
    # A little longer than lines may be late: whoever joins an hour for the last time still needs its files.
    keep = timedelta(hours=params.late_max_h + 3)
    while not stop.is_set():
        now = datetime.now(UTC)
        try:
            collector.step(now)
            if now - tidied > TIDY_EVERY:
                collector.remove_before(now - keep)
                tidied = now
        except MarqueeError as error:
            faults.log(error, now)
        metrics.show(collector.done, collector.open_lines, now)
        stop.wait(params.collect.poll_s)
