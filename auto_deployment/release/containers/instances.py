"""The three instances as services of Compose: what runs, and the few things that are done to them."""

import json
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auto_deployment.errors import BadInputError, MarqueeError
from auto_deployment.release.containers.docker import Docker, DockerError, NotThereError
from auto_deployment.release.containers.images import DockerImages
from auto_deployment.release.ports import Sighting
from auto_deployment.release.reconcile import NAMES

log = logging.getLogger(__name__)

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
UP_S = 120.0
# Below what a container without a weight has (1024), so that a start takes the processor from nobody who
# serves; not so low that beside a build a good candidate looks as if it never got healthy.
STARTING_SHARES = 512
USUAL_SHARES = 1024  # Docker's, where the file says nothing
NEVER_RAN = "a container that was never started"


@dataclass(frozen=True, slots=True)
class ComposeProject:
    """How `docker compose` is told which project it is about."""

    name: str
    options: Sequence[str] = field(default_factory=tuple)  # files, folder


class ComposeInstances:
    """Containers of a Compose project. Every action may be repeated."""

    def __init__(self, docker: Docker, project: ComposeProject, images: DockerImages) -> None:
        self._docker, self._project, self._images = docker, project, images

    def look(self) -> Mapping[str, Sighting]:
        """Return each instance as it is now."""
        services = {facts["Config"]["Labels"].get(SERVICE): facts for facts in self._inspect()}
        there = {name: services[name] for name in NAMES if name in services}
        found = {name: self._sighting(facts) for name, facts in there.items()}
        self._weigh(there, found)
        return dict.fromkeys(NAMES, Sighting()) | found

    def start(self, name: str, release: str) -> None:
        """Put a new container of this release in the place of what there is."""
        self._images.point(name, release)
        for facts in self._inspect(name):
            if facts["State"].get("Paused"):  # it could not be stopped
                self._docker.run("unpause", facts["Id"])
        words = ("--no-deps", "--no-build", "--pull=never", "--force-recreate", "--quiet-pull")
        self._compose("up", "--no-start", *words, name)
        for facts in self._inspect(name):
            self._give(facts["Id"], STARTING_SHARES)  # before its first instruction
            self._docker.run("start", facts["Id"])

    def remove(self, name: str, stable: str) -> None:
        """Remove the container; whatever starts this service later gets what stable runs."""
        self._images.point(name, stable)
        for facts in self._inspect(name):
            self._docker.run("rm", "--force", facts["Id"])

    def _weigh(self, there: Mapping[str, Mapping[str, Any]], found: Mapping[str, Sighting]) -> None:
        """Let who starts count less than who serves, and more again once it does, however it was started.

        Where nobody serves, nothing is more urgent than a start.
        """
        for name, facts in there.items():
            has, starts = facts["HostConfig"].get("CpuShares"), _health(facts) == "starting"
            if starts and has != STARTING_SHARES and any(one.well for one in found.values()):
                self._give(facts["Id"], STARTING_SHARES)
            elif has == STARTING_SHARES and not starts and facts["State"]["Status"] == "running":
                self._give(facts["Id"], self._usual_shares(name))

    def _give(self, container: str, shares: int) -> None:
        """Set a container's weight. Not every engine can: who cannot serves all the same."""
        try:
            self._docker.run("update", f"--cpu-shares={shares}", container)
        except DockerError as error:
            log.warning("The weight of a container stays as it was: %s", error)

    def _usual_shares(self, name: str) -> int:
        service = json.loads(self._compose("config", "--format=json", name))["services"][name]
        return int(service.get("cpu_shares") or USUAL_SHARES)

    def _compose(self, *words: str) -> str:
        command = ("compose", "--project-name", self._project.name, *self._project.options, *words)
        return self._docker.run(*command, timeout_s=UP_S)

    def _inspect(self, name: str | None = None) -> list[dict[str, Any]]:
        words = ["ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={PROJECT}={self._project.name}"]
        if name is not None:
            words += ["--filter", f"label={SERVICE}={name}"]
        containers = self._docker.run(*words).split()
        if not containers:
            return []
        try:
            found: list[dict[str, Any]] = json.loads(self._docker.run("inspect", *containers))
        except DockerError:
            # One of them went away in between: it is asked for again at the next look.
            raise
        return found

    def _sighting(self, facts: Mapping[str, Any]) -> Sighting:
        state = facts["State"]
        if state["Status"] == "created":  # we were killed before its start: it runs nothing
            return Sighting(NEVER_RAN)
        try:
            release = self._images.build_of(facts["Image"]).release
        except (BadInputError, NotThereError) as error:  # any other trouble with Docker says nothing of it
            log.warning("A container runs an image that is no release: %s", error)
            release = facts["Image"]
        running = state["Status"] == "running"
        well = running and _health(facts) == "healthy"
        return Sighting(release, well, int(facts.get("RestartCount", 0)))


def _health(facts: Mapping[str, Any]) -> str:
    """Return what its health check says; without one it is enough to run."""
    health: str = (facts["State"].get("Health") or {}).get("Status", "healthy")
    return health


WORKING_DIR = "com.docker.compose.project.working_dir"


def own_project(docker: Docker, project_dir: Path) -> ComposeProject:
    """Return the project of the container that we are in; raise `MarqueeError` outside of one.

    Compose on the host and Compose in here must mean the same: relative paths are those of the host's folder,
    while the file itself is read from where it is mounted.
    """
    labels = json.loads(docker.run("inspect", "--format", "{{json .Config.Labels}}", socket.gethostname()))
    if PROJECT not in labels:
        raise MarqueeError("This container is not Compose's: releases are carried out by `controller`.")
    options = ["--project-directory", labels[WORKING_DIR], "--file", str(project_dir / "docker-compose.yml")]
    environment = project_dir / ".env"
    if environment.is_file():
        options += ["--env-file", str(environment)]
    return ComposeProject(labels[PROJECT], tuple(options))
