"""Carry out steps; each changes one thing outside and raises when that fails."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from auto_deployment.release.consequences import serves_after
from auto_deployment.release.journal import Journal
from auto_deployment.release.observe.tracker import Tracker
from auto_deployment.release.ports import Edge, Instances, PortError
from auto_deployment.release.reconcile import (
    CANARY_NAME,
    Desired,
    Observed,
    RemoveInstance,
    SetTraffic,
    StartInstance,
    Step,
    Timeouts,
    Traffic,
    next_step,
    without,
)
from auto_deployment.release.release import Build
from auto_deployment.release.store import Record

log = logging.getLogger(__name__)


class Executor:
    """NGINX and the instances, changed one at a time."""

    def __init__(
        self, edge: Edge, instances: Instances, tracker: Tracker, journal: Journal, timeouts: Timeouts
    ) -> None:
        self._edge, self._instances, self._tracker = edge, instances, tracker
        self._journal, self._timeouts = journal, timeouts
        self._nginx_is_told = False
        self._failed = ""  # the instance that could not be started at the last look

    def next(
        self, desired: Desired, observed: Mapping[str, Observed], traffic: Traffic, dry_run: bool = False
    ) -> Step | None:
        """Return the step that is to be taken now."""
        step = next_step(desired, observed, traffic, self._timeouts)
        if dry_run:
            return step
        if isinstance(step, StartInstance):
            step = self._unless_in_vain(step, desired, observed, traffic)
        return self._after_nginx(step, observed, traffic)

    def execute(self, step: Step, desired: Desired, observed: Mapping[str, Observed], stable: Build) -> None:
        """Take a step; raise `PortError`. Before the first release `stable` serves."""
        record = self._journal.record
        serves = stable if record is None else serves_after(record.release)
        if isinstance(step, SetTraffic):
            self._set_traffic(step.traffic, desired, observed, serves)
        elif isinstance(step, RemoveInstance):
            self._remove(step.name, serves)
        elif record is not None and step.again:
            self._start_again(step, record, observed)
        else:
            self._start(step)

    def _unless_in_vain(
        self, step: StartInstance, desired: Desired, observed: Mapping[str, Observed], traffic: Traffic
    ) -> Step | None:
        """Let nobody wait for an instance that cannot be started: others have every second turn."""
        failed, self._failed = self._failed, ""
        if step.name == failed:
            return next_step(*without(failed, desired, observed), traffic, self._timeouts) or step
        record = self._journal.record
        if step.name != CANARY_NAME or step.again or record is None or self._journal.fits(record):
            return step
        # A full disk starts no candidate: its evidence could not be kept.
        return next_step(*without(CANARY_NAME, desired, observed), traffic, self._timeouts)

    def _after_nginx(
        self, step: Step | None, observed: Mapping[str, Observed], traffic: Traffic
    ) -> Step | None:
        """Let NGINX do what its file says before who serves goes.

        A kill or a failure may have come between the file and the reload.
        """
        if self._nginx_is_told or not traffic.names or isinstance(step, SetTraffic):
            return step
        if isinstance(step, StartInstance) and not observed[step.name].well:
            return step  # nobody is served by what it replaces
        return SetTraffic(traffic)

    def _start(self, step: StartInstance) -> None:
        log.info("%s starts with release %s", step.name, step.release)
        self._failed = step.name
        self._instances.start(step.name, step.release)
        self._failed = ""
        self._tracker.started(step.name)

    def _start_again(self, step: StartInstance, record: Record, observed: Mapping[str, Observed]) -> None:
        """Count first: an instance's own count goes with it. What cannot be replaced has not ended."""
        log.warning("%s stays unhealthy: it is recreated", step.name)
        count = 1 + observed[step.name].restarts
        self._journal.keep(replace(record, recreated={**record.recreated, step.name: count}))
        try:
            self._start(step)
        except PortError:
            if self._instances.look()[step.name].release == step.release:
                self._journal.keep(record)
            raise

    def _set_traffic(
        self, traffic: Traffic, desired: Desired, observed: Mapping[str, Observed], serves: Build
    ) -> None:
        log.info("Requests go to %s", ", ".join(sorted(traffic.names)))
        try:
            self._write_traffic(traffic)
        except PortError as error:
            if desired.releases[CANARY_NAME] is None and observed[CANARY_NAME].release is not None:
                log.error("NGINX cannot be told (%s): the canary is removed at once", error)
                self._remove(CANARY_NAME, serves)
            raise

    def _write_traffic(self, traffic: Traffic) -> None:
        self._nginx_is_told = False
        self._edge.write(traffic)
        self._nginx_is_told = True

    def _remove(self, name: str, serves: Build) -> None:
        log.info("%s is removed", name)
        self._instances.remove(name, serves.release)
        self._tracker.started(name)
