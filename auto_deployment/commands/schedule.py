"""`schedule`: run the retraining cycle every two days, and send the mails that wait, until told to stop."""

import argparse
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime

from auto_deployment.commands.cycle_wiring import cycle_outbox, last_outcome, last_published, make_cycle
from auto_deployment.commands.fleet.shared import opener_of
from auto_deployment.config import Settings
from auto_deployment.cycle.delivery import delivered, try_to_deliver
from auto_deployment.cycle.metrics import SchedulerMetrics
from auto_deployment.cycle.outcome import COME_AGAIN_SOON, FAILED
from auto_deployment.host.metrics_server import serving
from auto_deployment.host.processes import end_with_parent
from auto_deployment.host.signals import Stop, until_stopped
from auto_deployment.mail.sender import Sender
from auto_deployment.params import load_params
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.scheduler import Scheduler

log = logging.getLogger(__name__)

OWED_EVERY_S = 60.0
GRACE_S = 20.0  # a cycle that is asked to end ends its programs first


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="run a cycle if one is due, then end")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Keep the schedule; return 0 when told to stop."""
    params = load_params(settings.params_file).retrain
    layout = CycleLayout.below(Paths(settings.data_dir).cycle)
    metrics = SchedulerMetrics()
    with until_stopped() as requests:
        runner = CycleRunner(layout, metrics, requests)
        scheduler = Scheduler(layout.schedule, params, runner.run)
        if args.once:
            scheduler.step()
            return 0
        served = serving(settings.scheduler_metrics, "SCHEDULER_METRICS_PORT", metrics.registry)
        log.info("Settings: %s; %s", settings.publish.shown(), params)
        runner.show_last()
        metrics.show(scheduler.state)
        with served, Sender(cycle_outbox(settings)) as sender:
            owed = _Owed(settings, layout)

            def each_time() -> None:
                _show(metrics, scheduler, sender)
                owed.deliver()

            scheduler.loop(requests, each_time)
    return 0


class _Owed:
    """Brings into the model store what a cycle has published and could not bring there itself."""

    def __init__(self, settings: Settings, layout: CycleLayout) -> None:
        self._settings, self._layout = settings, layout
        self._open_store, self._next_s = opener_of(settings), 0.0

    def deliver(self) -> None:
        if self._open_store is None or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + OWED_EVERY_S
        published = last_published(self._layout)
        if published is not None and published.version != delivered(self._layout):
            cycle, now = make_cycle(self._settings), datetime.now(UTC)
            try_to_deliver(cycle, self._settings.publish, self._open_store, now)


class CycleRunner:
    """Runs a cycle in a process of its own: its memory goes with it, and its end is not ours."""

    def __init__(self, layout: CycleLayout, metrics: SchedulerMetrics, requests: Stop) -> None:
        self._layout, self._metrics, self._requests = layout, metrics, requests

    def run(self) -> tuple[str, bool]:
        """Run one cycle; return how it ended and whether it should come again soon."""
        before = self._mark()
        self._metrics.running(True)
        try:
            status = self._wait(
                subprocess.Popen(COMMAND, start_new_session=True, preexec_fn=end_with_parent())
            )
        finally:
            self._metrics.running(False)
        if self._mark() == before:  # it said nothing: killed, or another one was at it
            log.error("The cycle ended with status %d and left no result", status)
            self._metrics.count(FAILED, 0.0)
            return FAILED, True
        return self.show_last(count=True)

    def show_last(self, *, count: bool = False) -> tuple[str, bool]:
        published = last_published(self._layout)
        if published is not None and published.version is not None:
            self._metrics.show_published(
                published.version, published.started, published.metrics or {}, published.index
            )
        outcome = last_outcome(self._layout)
        if outcome is None:
            return FAILED, True
        if count:
            self._metrics.count(outcome.kind, outcome.seconds)
        return outcome.kind, outcome.kind in COME_AGAIN_SOON

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        asked = False
        while True:
            if self._requests.is_set() and not asked:
                process.terminate()
                asked = True
            try:
                return process.wait(GRACE_S if asked else 1.0)
            except subprocess.TimeoutExpired:
                if asked:
                    process.kill()

    def _mark(self) -> object:
        try:
            found = self._layout.last.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns


def _show(metrics: SchedulerMetrics, scheduler: Scheduler, sender: Sender) -> None:
    metrics.show(scheduler.state)
    metrics.show_outbox(sender.latest.waiting, sender.latest.oldest_age_s)


COMMAND = [sys.executable, "-m", "auto_deployment", "retrain", "--now"]
