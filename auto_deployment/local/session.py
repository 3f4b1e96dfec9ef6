"""One local run: the service and NGINX started in order, looked after once a second, stopped in order."""

import logging
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from app.artifact import ArtifactError, load
from app.recommender import Recommender
from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.edge.log_files import LogFiles
from auto_deployment.errors import MarqueeError
from auto_deployment.host.durations import duration
from auto_deployment.host.processes import remember
from auto_deployment.host.signals import StopRequests
from auto_deployment.local import static_list
from auto_deployment.local.edge_log import MEGABYTE, added, rotate, shorten
from auto_deployment.local.instances import CANARY, Instance, gunicorn, instances
from auto_deployment.local.live import RequestCounts
from auto_deployment.local.nginx import NginxFiles
from auto_deployment.local.processes import ProcessError, Program
from auto_deployment.local.releases.edge import LocalEdge
from auto_deployment.local.releases.instances import GRACE_S, ProcessInstances
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.local.supervisor import Keeper, Supervisor
from auto_deployment.params import TrafficParams
from auto_deployment.paths import RunLayout
from auto_deployment.release.reconcile import STABLE_NAMES, Traffic

log = logging.getLogger(__name__)

READY_WITHIN_S = 120.0
OTHER_LOGS_BYTES = 8 * MEGABYTE


class Session:
    """Holds what runs. Every step is safe to repeat; nothing here waits for longer than it says."""

    def __init__(
        self,
        layout: RunLayout,
        addresses: LocalAddresses,
        params: TrafficParams,
        model_dir: Path,
        code_revision: str,
        requests: StopRequests,
        models: ModelStore,
    ) -> None:
        self.traffic = RequestCounts()
        self.instances = instances(addresses)
        self.supervisor = Supervisor(lambda pids: remember(layout.processes, pids))
        self._layout, self._params, self._requests = layout, params, requests
        self._model_dir, self._code_revision = model_dir, code_revision
        self._files = NginxFiles(layout, addresses.host, addresses.port, addresses.status_port)
        self._models = models
        self.release_instances = ProcessInstances(self.supervisor, models, self.instances, self._program)
        self.edge = LocalEdge(
            layout.upstream_conf, self.instances, params, self._files.check, self._reload_nginx
        )
        self._requests_logged = LogFiles.at_end(layout.edge_log)
        self._nginx: Keeper | None = None
        self._listed: Path | None = None
        self.also: Callable[[], None] = lambda: None  # looked after at each step as well

    def start(self) -> Recommender:
        """Start everything and return the model that is served; raise when something does not come up.

        Returns early, with less than everything running, when somebody wants us to stop.
        """
        recommender = self._publish_list()
        # With releases in use a canary may be what is wrong: it has to earn its users again.
        needed = [one for one in self.instances if not (self._models.in_use and one.track == CANARY)]
        traffic = Traffic(frozenset(one.name for one in needed), self._release(recommender))
        self._files.write(self._params, self.edge.text(traffic))
        for instance in self.instances:
            if self._models.in_use:
                self.release_instances.start_slot(instance.name)
            else:
                self.supervisor.add(self._program(instance, self._model_dir))
        others = {one.name for one in self.instances if one not in needed}
        self._wait_for(lambda: all(instance.is_ready() for instance in needed), others)
        if not self._requests.is_set():
            self._nginx = self.supervisor.add(self._files.program())
            self._wait_for(self._files.answers)
        return recommender

    def step(self) -> None:
        """Look once after processes, logs and the static list."""
        self.supervisor.step()
        self.traffic.add(added(self._requests_logged), time.monotonic())
        edge_log, most = self._layout.edge_log, self._params.edge_log_max_mb * MEGABYTE
        rotate(edge_log, most, self._params.edge_log_files, self._reopen_logs)
        for other in self._layout.logs.glob("*.log"):
            if other != edge_log:
                shorten(other, OTHER_LOGS_BYTES)
        if self._served() != self._listed:
            self._publish_again()
        self.also()

    def down(self) -> list[str]:
        """Return the names of the programs that do not run."""
        return self.supervisor.down()

    def stop(self) -> None:
        """Stop NGINX first, then the instances; at once when somebody asks a second time."""
        self.supervisor.stop(GRACE_S, lambda: self._requests.hurry)

    def _wait_for(self, condition: Callable[[], bool], may_end: Iterable[str] = ()) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not condition():
            self.supervisor.require_all(may_end)
            if time.monotonic() > deadline:
                raise ProcessError(f"Not ready after {duration(READY_WITHIN_S)}: see {self._layout.logs}.")
            if self._requests.wait(0.1):
                return

    def _program(self, instance: Instance, model_dir: Path) -> Program:
        return gunicorn(instance, model_dir, self._code_revision, self._layout)

    def _served(self) -> Path:
        """Return the folder of the model that stable serves."""
        slot = self._models.slot(STABLE_NAMES[0])
        return self._model_dir.resolve() if slot is None else slot[1]

    def _release(self, recommender: Recommender) -> str:
        return f"{recommender.model.version}-{self._code_revision}"

    def _publish_list(self) -> Recommender:
        model_dir = self._served()
        try:
            recommender = Recommender(load(model_dir))
        except ArtifactError as error:
            self._listed = model_dir  # refused once: it is looked at again when another takes its place
            raise MarqueeError(str(error)) from error
        static_list.publish(recommender, self._release(recommender), self._layout.static)
        self._listed = model_dir
        return recommender

    def _publish_again(self) -> None:
        try:
            recommender = self._publish_list()
        except MarqueeError as error:
            log.error("The static list stays as it is: %s", error)
        else:
            log.info("The static list comes from model %s now", recommender.model.version)

    def _reopen_logs(self) -> None:
        self._signal_nginx(signal.SIGUSR1)

    def _reload_nginx(self) -> None:
        self._signal_nginx(signal.SIGHUP)

    def _signal_nginx(self, number: signal.Signals) -> None:
        if self._nginx is not None and self._nginx.child is not None:
            self._nginx.child.send(number)
