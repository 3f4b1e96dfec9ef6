"""The three instances as services of Compose: what runs, and the few things that are done to them."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auto_deployment.errors import BadInputError
from auto_deployment.release.docker import Docker, DockerError, NotThereError
from auto_deployment.release.images import Images
from auto_deployment.release.ports import Sighting
from auto_deployment.release.world import NAMES

log = logging.getLogger(__name__)

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
UP_S = 120.0


@dataclass(frozen=True, slots=True)
class ComposeProject:
    """How `docker compose` is told which project it is about."""

    name: str
    options: Sequence[str] = field(default_factory=tuple)  # files, folder


class ComposeInstances:
    """Containers of a Compose project. Every action may be repeated."""

    def __init__(self, docker: Docker, project: ComposeProject, images: Images) -> None:
        self._docker, self._project, self._images = docker, project, images

    def look(self) -> Mapping[str, Sighting]:
        """Return each instance as it is now."""
        found = {name: Sighting() for name in NAMES}
        for facts in self._inspect():
            name = facts["Config"]["Labels"].get(SERVICE)
            if name in found:
                found[name] = self._sighting(facts)
        return found

    def start(self, name: str, release: str) -> None:
        """Put a new container of this release in the place of what there is."""
        self._images.point(name, release)
        for facts in self._inspect(name):
            if facts["State"].get("Paused"):  # it could not be stopped
                self._docker.run("unpause", facts["Id"])
        words = ("up", "-d", "--no-deps", "--no-build", "--pull=never", "--force-recreate", "--quiet-pull")
        self._compose(*words, name)

    def remove(self, name: str, stable: str) -> None:
        """Remove the container; whatever starts this service later gets what stable runs."""
        self._images.point(name, stable)
        for facts in self._inspect(name):
            self._docker.run("rm", "--force", facts["Id"])

    def _compose(self, *words: str) -> None:
        command = ("compose", "--project-name", self._project.name, *self._project.options, *words)
        self._docker.run(*command, timeout_s=UP_S)

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
        try:
            release = self._images.build_of(facts["Image"]).release
        except (BadInputError, NotThereError) as error:  # any other trouble with Docker says nothing of it
            log.warning("A container runs an image that is no release: %s", error)
            release = facts["Image"]
        running = state["Status"] == "running"
        health = (state.get("Health") or {}).get("Status", "healthy")
        return Sighting(release, running and health == "healthy", int(facts.get("RestartCount", 0)))
