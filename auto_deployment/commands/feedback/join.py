"""`feedback join`: keep the tables of what was shown and what came of it, until Ctrl-C or SIGTERM."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from auto_deployment.commands.feedback.shared import engine, store
from auto_deployment.config import Settings
from auto_deployment.errors import MarqueeError
from auto_deployment.feedback.join import Joiner, totals
from auto_deployment.feedback.online.measure_files import MeasureFiles
from auto_deployment.feedback.online.measuring import Measuring
from auto_deployment.feedback.online.rounds import Rounds
from auto_deployment.feedback.postgres.store import PostgresStore
from auto_deployment.feedback.store import FeedbackStore, ParquetStore
from auto_deployment.feedback.tables import IMPRESSIONS
from auto_deployment.host.faults import Faults
from auto_deployment.host.locks import only_one
from auto_deployment.host.metrics_server import serving
from auto_deployment.host.signals import Stop, until_stopped
from auto_deployment.params import load_params
from auto_deployment.paths import FeedbackLayout, Paths

log = logging.getLogger(__name__)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="join and measure what is there now and end")


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
        measuring = Measuring(own_engine, tables, paths.catalog, MeasureFiles(layout.measures), params)
        if args.once:
            _take_over(tables, layout)
            sys.stdout.write(json.dumps(_joined(joiner, measuring, tables)) + "\n")
            return 0
        log.info("Joins below %s; %s", layout.root, params.join)
        rounds, own = Rounds(joiner, measuring, tables, params), settings.feedback
        served = serving(
            (own.metrics_host, own.join_port), "FEEDBACK_JOIN_METRICS_PORT", rounds.metrics.registry
        )

        def step(now: datetime) -> None:
            _take_over(tables, layout)
            rounds.step(now)

        with served:
            _join_on(step, stop, params.join.every_s)
    return 0


def _take_over(tables: FeedbackStore, layout: FeedbackLayout) -> None:
    """Move what is still in files into the database, where that is the store."""
    if isinstance(tables, PostgresStore) and (moved := tables.take_over(ParquetStore(layout.root))):
        log.info("Moved %d periods from files into the database", moved)


def _joined(joiner: Joiner, measuring: Measuring, tables: FeedbackStore) -> dict[str, int]:
    now = datetime.now(UTC)
    done = joiner.step(now)
    facts = {"hours": len(done.hours), "days": len(done.days), "removed": done.removed}
    facts["measured"] = len(measuring.step(now))
    return facts | totals(tables.facts(IMPRESSIONS), datetime.min.replace(tzinfo=UTC))


def _join_on(step: Callable[[datetime], None], stop: Stop, every_s: float) -> None:
    faults = Faults()
    while not stop.is_set():
        now = datetime.now(UTC)
        try:
            step(now)
        except MarqueeError as error:
            faults.log(error, now)
        stop.wait(every_s)
