"""Carries steps out: each changes one thing outside; what fails is raised, and tried at the next look."""

import logging
from collections.abc import Mapping

from auto_deployment.errors import MarqueeError
from auto_deployment.release.instances import Instances
from auto_deployment.release.tracker import Tracker
from auto_deployment.release.traffic import Edge
from auto_deployment.release.world import CANARY_NAME, Plan, Remove, Seen, SetTraffic, Start, Step, Traffic

log = logging.getLogger(__name__)


class Hands:
    """NGINX and the instances, changed one at a time. `stable` is the release that serves everybody else."""

    def __init__(self, edge: Edge, instances: Instances, tracker: Tracker) -> None:
        self._edge, self._instances, self._tracker = edge, instances, tracker
        self._told_nginx = False

    def first(self, step: Step | None, seen: Mapping[str, Seen], traffic: Traffic) -> Step | None:
        """Return the step that is to be taken now: NGINX has to do what its file says before who serves goes.

        A kill or a failure may have come between the file and the reload.
        """
        if self._told_nginx or not traffic.names or isinstance(step, SetTraffic):
            return step
        if isinstance(step, Start) and not seen[step.name].well:
            return step  # nobody is served by what it replaces
        return SetTraffic(traffic)

    def take(self, step: Step, wanted: Plan, seen: Mapping[str, Seen], stable: str) -> None:
        """Take a step; raise `MarqueeError` or `OSError`."""
        if isinstance(step, SetTraffic):
            self._set_traffic(step.traffic, wanted, seen, stable)
        elif isinstance(step, Remove):
            self._remove(step.name, stable)
        elif isinstance(step, Start):
            log.info("%s starts with release %s", step.name, step.release)
            self._instances.start(step.name, step.release)
            self._tracker.started(step.name)

    def _set_traffic(self, traffic: Traffic, wanted: Plan, seen: Mapping[str, Seen], stable: str) -> None:
        log.info("Requests go to %s", ", ".join(sorted(traffic.names)))
        try:
            self._tell_nginx(traffic)
        except (OSError, MarqueeError) as error:
            if wanted.releases[CANARY_NAME] is None and seen[CANARY_NAME].release is not None:
                log.error("NGINX cannot be told (%s): the canary is removed at once", error)
                self._remove(CANARY_NAME, stable)
            raise

    def _tell_nginx(self, traffic: Traffic) -> None:
        self._told_nginx = False
        self._edge.write(traffic)
        self._told_nginx = True

    def _remove(self, name: str, stable: str) -> None:
        log.info("%s is removed", name)
        self._instances.remove(name, stable)
        self._tracker.started(name)
