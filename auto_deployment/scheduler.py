"""Runs the retraining cycle every two days: survives restarts, catches up once, never overlaps."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import schedule

from auto_deployment.cycle.outcome import FAILED
from auto_deployment.cycle.schedule import (
    RetrainParams,
    ScheduleState,
    corrected,
    ended,
    first_state,
    read_state,
    started,
    write_state,
)
from auto_deployment.host.signals import Stop

log = logging.getLogger(__name__)

TICK_S = 5.0


class Scheduler:
    """Keeps the due time on disk. `cycle` runs one, returns how it ended and whether it comes again soon."""

    def __init__(
        self,
        path: Path,
        params: RetrainParams,
        cycle: Callable[[], tuple[str, bool]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path, self._params, self._cycle, self._clock = path, params, cycle, clock
        self._jobs = schedule.Scheduler()
        now = clock()
        self.state = corrected(read_state(path) or first_state(now, params), now, params)
        write_state(path, self.state)
        self._job = self._jobs.every(max(round(params.every_h * 3600), 1)).seconds.do(self._run)
        self._agree()
        log.info("The next retraining cycle is due at %s", self.state.due.isoformat(timespec="seconds"))

    def step(self) -> None:
        """Run the cycle if it is due."""
        self._agree()
        try:
            self._jobs.run_pending()
        finally:
            self._agree()

    def loop(self, stop: Stop, each_turn: Callable[[], None]) -> None:
        """Step until told to stop. What fails is logged, and the loop lives on."""
        while not stop.is_set():
            try:
                self.step()
                each_turn()
            except Exception:
                log.exception("A turn of the scheduler failed")
            stop.wait(TICK_S)

    def _run(self) -> None:
        self._keep(started(self.state, self._clock(), self._params))
        kind, failed = FAILED, True  # where not even a process can be started
        try:
            kind, failed = self._cycle()
        finally:
            self._keep(ended(self.state, self._clock(), kind, failed, self._params))
        log.info("The next retraining cycle is due at %s", self.state.due.isoformat(timespec="seconds"))

    def _keep(self, state: ScheduleState) -> None:
        self.state = state
        write_state(self._path, state)

    def _agree(self) -> None:
        """Tell the job what the file says; the package counts in local time without a zone."""
        left_s = (self.state.due - self._clock()).total_seconds()
        self._job.next_run = datetime.fromtimestamp(time.time() + left_s)  # noqa: DTZ006  # as the package does
