"""The three instances as plain processes, as releases see and change them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from auto_deployment.host.priority import BACKGROUND, SERVING
from auto_deployment.local.instances import Instance
from auto_deployment.local.processes import Program
from auto_deployment.local.releases.models import ModelStore, on_disk
from auto_deployment.local.supervisor import Running, Supervisor
from auto_deployment.release.ports import Sighting

GRACE_S = 12.0  # Gunicorn gives requests 10 s to end
FOLLOWS_CURRENT = "current"  # started before releases had a say: it runs whatever model is current


class ProcessInstances:
    """Gunicorn processes under a supervisor. Every action may be repeated."""

    def __init__(
        self,
        supervisor: Supervisor,
        models: ModelStore,
        instances: Sequence[Instance],
        program: Callable[[Instance, Path], Program],
    ) -> None:
        self._supervisor, self._models, self._program = supervisor, models, program
        self._instances = {instance.name: instance for instance in instances}
        self._runs: dict[str, str] = {}
        self._starting: set[str] = set()  # whose turn comes after that of who serves

    def look(self) -> Mapping[str, Sighting]:
        """Return each instance as it is now."""
        return {name: self._sighting(name, instance) for name, instance in self._instances.items()}

    @on_disk("An instance cannot be started")
    def start(self, name: str, release: str) -> None:
        """Put a new process with this release's model in the place of what there is. Raises `PortError`."""
        self._models.point(name, release)
        self.start_slot(name)

    def start_slot(self, name: str) -> None:
        """Start what an instance's slot says."""
        slot = self._models.slot(name)
        self._supervisor.remove(name, GRACE_S)
        if slot is None:
            return
        release, model_dir = slot
        self._runs[name] = release  # first: it may run though something about it could not be written
        keeper = self._supervisor.add(self._program(self._instances[name], model_dir), stops_last=True)
        if keeper.child is not None:
            self._starting.add(name)
            keeper.child.weigh(BACKGROUND)

    @on_disk("An instance cannot be removed")
    def remove(self, name: str, stable: str) -> None:
        """End the process, else raise `PortError`; what starts it later gives it the stable release."""
        self._models.point(name, stable)
        self._supervisor.remove(name, GRACE_S)
        self._runs.pop(name, None)

    def _sighting(self, name: str, instance: Instance) -> Sighting:
        keeper = self._supervisor.find(name)
        if keeper is None:
            return Sighting()
        well = keeper.alive and instance.is_ready()
        if well and keeper.child is not None:
            self._let_serve(name, keeper.child)
        return Sighting(self._runs.get(name, FOLLOWS_CURRENT), well, keeper.restarts)

    def _let_serve(self, name: str, child: Running) -> None:
        """Let who has started be like others. It stays so: an instance that falls ill needs its turn."""
        if name in self._starting:
            self._starting.discard(name)
            child.weigh(SERVING)
