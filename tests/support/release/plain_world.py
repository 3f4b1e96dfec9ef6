"""The world of releases with the parts of a local run: real supervisor, models and edge, no real process."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from auto_deployment.config.addresses import LocalAddresses
from auto_deployment.edge.nginx_config import TrafficError
from auto_deployment.local.instances import Instance, instances
from auto_deployment.local.processes import Child, Program
from auto_deployment.local.releases.edge import LocalEdge
from auto_deployment.local.releases.instances import ProcessInstances
from auto_deployment.local.releases.models import ModelStore
from auto_deployment.local.supervisor import Running, Supervisor
from auto_deployment.params import load_params
from auto_deployment.release.observe.observer import Observer
from auto_deployment.release.release import Build
from auto_deployment.release.wiring import ControllerParts
from tests.support.project import PROJECT
from tests.support.release.fake_children import FakeChild, FakeClock
from tests.support.release.world import NEW, OLD, World

CODE = OLD.code_revision


@dataclass
class Host:
    """What goes wrong on the host; `ill` says which instances never get well."""

    ill: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)  # programs that cannot be started
    is_full: bool = False  # what runs cannot be written down
    nginx_says: str = ""  # its complaint
    nginx_is_deaf: bool = False
    reloads: int = 0

    def start(self, program: Program) -> Running:
        if program.name in self.refused:
            return Child(replace(program, command=["/no/such/program"]))
        return FakeChild(1, program.name, [], FakeClock(), stubborn=False)

    def remember(self, pids: Iterable[int]) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")

    def check(self) -> None:
        if self.nginx_says:
            raise TrafficError(self.nginx_says)

    def reload(self) -> None:
        if self.nginx_is_deaf:
            raise PermissionError(1, "Operation not permitted")
        self.reloads += 1


@dataclass(frozen=True, slots=True)
class QuickInstance(Instance):
    """An instance that is ready at once unless its host says otherwise."""

    host_of: Host = field(default_factory=Host)

    def is_ready(self, timeout_s: float = 1.0) -> bool:
        return self.name not in self.host_of.ill


class PlainWorld(World):
    """Models instead of images and processes instead of containers, under the same controller."""

    def parts(self, observer: Observer) -> ControllerParts:
        """Return the parts of a local run in which stable serves, as releases find it at their first look."""
        self.host, root = Host(), self.paths.root
        for build in (OLD, NEW):
            self.give(build)
        self.paths.current_model.symlink_to(OLD.model_version)
        self.models = ModelStore(self.paths, CODE)
        self.models.take_over()
        self.models.keep(NEW.model_version)
        self.addresses = instances(LocalAddresses())
        self.processes = self._processes()
        traffic = load_params(PROJECT / "params.yaml").traffic
        file = root / "upstream.conf"
        self.nginx = LocalEdge(file, self.addresses, traffic, self.host.check, self.host.reload)
        return ControllerParts(
            self.processes,
            self.models,
            self.nginx,
            observer,
            self.store,
            self.inbox,
            self.paths,
            self.online,
        )

    def give(self, build: Build) -> None:
        """Put a model where training would."""
        folder = self.model(build)
        folder.mkdir(parents=True)
        facts = {"version": build.model_version, "content_hash": build.content_hash}
        (folder / "manifest.json").write_text(json.dumps(facts), "utf-8")

    def model(self, build: Build) -> Path:
        return self.paths.models / build.model_version

    def runs(self, name: str) -> str | None:
        """Return the release that an instance runs."""
        return self.processes.look()[name].release

    def serve(self, count: int) -> None:
        self.edge.traffic = self.nginx.read()  # whom users of the log meet
        super().serve(count)

    def _processes(self) -> ProcessInstances:
        self.supervisor = Supervisor(self.host.remember, self.host.start, FakeClock())
        known = [QuickInstance(one.name, one.track, one.host, one.port, self.host) for one in self.addresses]
        started = ProcessInstances(self.supervisor, self.models, known, self._program)
        for one in known:
            started.start_slot(one.name)
        return started

    def _program(self, instance: Instance, model_dir: Path) -> Program:
        return Program(instance.name, ["true"], self.paths.root / f"{instance.name}.log")
