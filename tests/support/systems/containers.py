"""What is done to the containers of one Compose project."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.project import PROJECT
from tests.support.waiting import eventually

DOWN_S = 3.0  # how long something stays stopped or hung
HEALTHY_WITHIN_S = 120.0
PAUSE_ATTEMPTS = 10


class StackError(Exception):
    """Docker or Compose refused; the message is what it says."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One project: its name, the files it is described by, and the environment that they are read with."""

    name: str
    files: tuple[Path, ...] = (PROJECT / "docker-compose.yml",)
    environ: Mapping[str, str] = field(default_factory=dict)
    env_file: str = os.devnull  # an .env of the checkout is its owner's: a test's stack does not read it

    def compose(self, *words: str, timeout_s: float = 900) -> str:
        """Run `docker compose` for this project and return what it prints; raise `StackError`."""
        files = [word for file in self.files for word in ("-f", str(file))]
        command = ["docker", "compose", "--env-file", self.env_file, "-p", self.name, *files, *words]
        return _run(command, timeout_s, self.environ)

    def services(self) -> list[str]:
        """Return the services that have a container, in order."""
        label = f"label=com.docker.compose.project={self.name}"
        text = '{{.Label "com.docker.compose.service"}}'
        return sorted(set(docker("ps", "--filter", label, "--format", text).split()))

    def container(self, service: str) -> str:
        """Return the id of a service's container, running or not."""
        found = docker(
            "ps", "-aq", "--no-trunc",
            "--filter", f"label=com.docker.compose.project={self.name}",
            "--filter", f"label=com.docker.compose.service={service}",
        ).split()  # fmt: skip
        if len(found) != 1:
            raise StackError(f"{service} of {self.name} has {len(found)} containers instead of one.")
        return found[0]

    def inspect(self, service: str, template: str) -> str:
        return docker("inspect", "--format", template, self.container(service))

    def is_well(self, service: str) -> bool:
        """Return whether it runs, and is healthy where it has a health check."""
        return self.well().get(service, False)

    def well(self) -> dict[str, bool]:
        """Return of each service that has a container whether it is well, with one question for all."""
        label = f"label=com.docker.compose.project={self.name}"
        text = '{{.Label "com.docker.compose.service"}} {{.Status}}'
        found: dict[str, bool] = {}
        for line in docker("ps", "-a", "--filter", label, "--format", text).splitlines():
            service, _, status = line.partition(" ")
            found[service] = service not in found and says_well(status)  # two: replaced this very moment
        return found

    def started_at(self, service: str) -> str:
        """Return when its container's process began, as Docker says it."""
        return self.inspect(service, "{{.State.StartedAt}}")

    def wait_until_well(self, service: str, within_s: float = HEALTHY_WITHIN_S) -> None:
        eventually(
            lambda: self.is_well(service), within_s, step_s=0.2, saying=lambda: f"{service} is not well"
        )


def says_well(status: str) -> bool:
    """Tell it of `docker ps`' words: `Up 3 seconds`, and in brackets a pause or how a health check went."""
    return status.startswith("Up ") and ("(" not in status or status.endswith("(healthy)"))


def docker(*words: str, timeout_s: float = 300) -> str:
    """Run a docker command and return what it prints; raise `StackError`."""
    return _run(["docker", *words], timeout_s)


def stop(stack: Stack, service: str) -> None:
    """Stop it as a deployment does, and start it again."""
    container = stack.container(service)
    docker("stop", container)
    time.sleep(DOWN_S)
    docker("start", container)


def kill(stack: Stack, service: str) -> None:
    """End its first process with SIGKILL; the restart policy brings it back, which is waited for."""
    container = stack.container(service)
    pid, before = docker("inspect", "--format", "{{.State.Pid}} {{.State.StartedAt}}", container).split()
    try:
        os.kill(int(pid), 9)
    except (
        PermissionError,
        ProcessLookupError,
    ):  # not this host's root: Docker does not restart what it killed
        docker("kill", container)
        docker("start", container)
    # Until then Docker calls it healthy, as it was.
    eventually(
        lambda: stack.started_at(service) != before, step_s=0.2, saying=lambda: f"{service} was killed"
    )


def pause(stack: Stack, service: str) -> None:
    """Let it hang with its connections open."""
    container = stack.container(service)
    freeze(container)
    time.sleep(DOWN_S)
    docker("unpause", container)


def freeze(container: str) -> None:
    """Let it hang until somebody ends that."""
    for again in reversed(range(PAUSE_ATTEMPTS)):
        try:
            docker("pause", container)
            break
        except StackError as error:  # the kernel may find a process that it cannot freeze just now
            if again == 0 or "unable to freeze" not in str(error):
                raise
            time.sleep(0.5)


def recreate(stack: Stack, service: str) -> None:
    """Put a new container, with a new address, in its place."""
    stack.compose("up", "-d", "--no-deps", "--no-build", "--force-recreate", service)


DISTURBANCES: Mapping[str, Callable[[Stack, str], None]] = {
    "stop": stop,
    "kill -9": kill,
    "pause": pause,
    "recreate": recreate,
}


def _run(command: list[str], timeout_s: float, environ: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout_s,
        env={**os.environ, **(environ or {})},
    )  # fmt: skip
    if done.returncode != 0:
        raise StackError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return done.stdout.strip()
