"""`feedback join`: keep the tables of what was shown and what came of it, until Ctrl-C or SIGTERM."""

import argparse
import json
import logging
import sys
import time
from datetime import UTC, datetime, timedelta

from auto_deployment.commands.feedback.shared import engine, store
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.feedback.join import Joiner, clock_difference_s, totals
from auto_deployment.feedback.metrics import JoinMetrics
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES
from auto_deployment.host.faults import Faults
from auto_deployment.host.locks import only_one
from auto_deployment.host.metrics_server import serving
from auto_deployment.host.signals import Stop, until_stopped
from auto_deployment.params import load_params
from auto_deployment.paths import FeedbackLayout, Paths

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="join what is there now and end")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Join every few minutes; return 0 when told to stop. With `--once` raise what the round raises."""
    params, paths = load_params(settings.params_file).feedback, Paths(settings.data_dir)
    layout = FeedbackLayout.below(paths.feedback)
    with (
        only_one(layout.join_lock, "Joining"),
        until_stopped(twice_ends=True) as stop,
        engine(params.join, layout.spill) as own_engine,
    ):
        tables = store(settings)
        joiner = Joiner(paths, tables, own_engine, params)
        if args.once:
            sys.stdout.write(json.dumps(_joined(joiner, tables)) + "\n")
            return 0
        log.info("Joins below %s; %s", layout.root, params.join)
        metrics, own = JoinMetrics(), settings.feedback
        with serving((own.metrics_host, own.join_port), "FEEDBACK_JOIN_METRICS_PORT", metrics.registry):
            _join_on(joiner, tables, metrics, stop, params.join.every_s)
    return 0


def _joined(joiner: Joiner, tables: FeedbackStore) -> dict[str, int]:
    done = joiner.step(datetime.now(UTC))
    facts = {"hours": len(done.hours), "days": len(done.days), "removed": done.removed}
    return facts | totals(tables.facts(IMPRESSIONS), datetime.min.replace(tzinfo=UTC))


def _join_on(joiner: Joiner, tables: FeedbackStore, metrics: JoinMetrics, stop: Stop, every_s: float) -> None:
    faults = Faults()
    while not stop.is_set():
        now, began_s = datetime.now(UTC), time.monotonic()
        try:
            joiner.step(now)
            _show(tables, metrics, now, time.monotonic() - began_s)
        except MarqueeError as error:
            faults.log(error, now)
        stop.wait(every_s)


def _show(tables: FeedbackStore, metrics: JoinMetrics, now: datetime, seconds: float) -> None:
    hours, since = tables.facts(IMPRESSIONS), now - timedelta(days=1)
    outcomes = totals(tables.facts(OUTCOMES), OUTCOMES.begin_of(since)).get("outcomes", 0)
    metrics.show(totals(hours, since), outcomes, clock_difference_s(hours), seconds, now)
