"""A Swarm of three nodes for tests, each a container of this host's engine, and the stack in it."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.project import PROJECT
from tests.support.systems.containers import StackError, docker
from tests.support.waiting import eventually

NODES = ("swarm1", "swarm2", "swarm3")  # the first one is the manager
MASTER_NODE = NODES[0]  # whose disk has the master's database
STACK = "marquee"
TAG = "1"
DEPLOY = PROJECT / "deploy" / "swarm" / "deploy.sh"


@dataclass(frozen=True, slots=True)
class Swarm:
    """Nodes that run; `lab` is the program that brought them up (tests/cluster/README.md)."""

    lab: str
    image: str  # of serving; the others are named after it
    manager: str  # DOCKER_HOST
    environ: Mapping[str, str] = field(default_factory=dict)  # of the deployment

    @property
    def images(self) -> list[str]:
        return [f"{self.image}{part}:{TAG}" for part in ("", "-agent", "-nginx")]

    def load(self, *images: str) -> None:
        """Copy images of this host's engine to all nodes."""
        subprocess.run([self.lab, "load", *images], check=True, capture_output=True)

    def deploy(self, tag: str = TAG) -> subprocess.CompletedProcess[str]:
        """Deploy the stack as a person does; NGINX stays what it is."""
        environ = {
            **os.environ,
            "DOCKER_HOST": self.manager,
            "MARQUEE_IMAGE": self.image,
            "MARQUEE_STACK": STACK,
            "MARQUEE_TAG": tag,
            "MARQUEE_NGINX_TAG": TAG,
            "RESOLVE_IMAGE": "never",  # there is no registry
            **self.environ,
        }
        return subprocess.run([DEPLOY], env=environ, capture_output=True, text=True, check=False)

    def manage(self, *words: str) -> str:
        """Run a docker command at the manager and return what it prints; raise `StackError`."""
        return docker("-H", self.manager, *words)

    def tasks(self, node: str, service: str) -> list[str]:
        """Return the containers of a service that run on a node."""
        return docker("exec", node, "docker", "ps", "-qf", f"name={STACK}_{service}").split()

    def on(self, node: str, service: str, command: str) -> str:
        """Run a command in a service's container on a node; raise `ValueError` where there is none."""
        found = self.tasks(node, service)
        if not found:
            raise ValueError(f"no container of {service} runs on {node}")
        return docker("exec", node, "sh", "-c", f"docker exec {found[0]} {command}")

    def edge_s(self, node: str, last: int) -> list[float]:
        """Return how many seconds the last requests for lists took that a node's NGINX has noted."""
        text = self.on(node, "nginx", f"tail -n {last} /edge/logs/edge.log")
        found = [json.loads(line) for line in text.splitlines()]
        return [line["request_time"] for line in found if line["user"]]

    def replace(self, service: str) -> None:
        """Replace a service's containers, as its update says, and wait until all are new."""
        name = f"{STACK}_{service}"
        state = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}"
        self.manage("service", "update", "--detach", "--force", name)
        eventually(
            lambda: self.manage("service", "inspect", "-f", state, name) == "completed", 300, 1, self.describe
        )

    def status(self, node: str) -> str:
        """Return what the manager says of a node: Ready or Down."""
        return self.manage("node", "ls", "-f", f"name={node}", "--format", "{{.Status}}")

    def agent(self, node: str) -> dict[str, Any]:
        """Return how things stand on a node, as its agent has written it; raise `ValueError` without that.

        It is asked for again and again, so the host's root reads the node's disk from outside: each process
        that starts in a container of a node takes time from all that is measured.
        """
        found: dict[str, Any] = json.loads(self.read(node, f"{STACK}_fleet", "agent.json"))
        return found

    def read(self, node: str, volume: str, name: str) -> str:
        """Return a file of a node's volume; raise `ValueError` where it is not there or the node is down."""
        path = f"/var/lib/docker/volumes/{volume}/_data/{name}"
        try:
            pid = int(docker("inspect", "-f", "{{.State.Pid}}", node))  # 0: it does not run
            if os.geteuid() == 0 and os.path.isdir(f"/proc/{pid}/root"):
                return Path(f"/proc/{pid}/root{path}").read_text("utf-8")
            return docker("exec", node, "cat", path)
        except (OSError, StackError) as error:
            raise ValueError(str(error)) from error

    def fleet(self, *words: str) -> str:
        """Run a command of the fleet as its operator does, in the master's container."""
        return self.on(MASTER_NODE, "master", f"marquee fleet {' '.join(words)}")

    def heard_of(self) -> dict[str, dict[str, Any]]:
        """Return node -> what the master knows of it; raise `ValueError` while nobody answers."""
        try:
            found = json.loads(self.fleet("nodes --json || true"))  # 1: not all is as wanted
        except StackError as error:
            raise ValueError(str(error)) from error
        return {one["node"]: one for one in found["nodes"]}

    def confirmed(self, channel: str = "stable", nodes: tuple[str, ...] = NODES) -> set[str | None]:
        """Return the versions that answer on nodes, by what their own services have said."""
        return {self.agent(node)["channels"][channel]["confirmed"] for node in nodes}

    def describe(self) -> str:
        """Return the tasks, for the message of a test that waits in vain."""
        form = "{{.Name}} {{.Node}} {{.CurrentState}} {{.Error}}"
        return self.manage("stack", "ps", "--no-trunc", "--format", form, STACK)


def address(node: str) -> str:
    """Return where a node is reached from this host."""
    return docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", node)


def this_host() -> str:
    """Return where nodes reach this host."""
    return docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}", NODES[0])


def build(swarm: Swarm) -> None:
    """Build the stack's images as docs/fleet.md says, and one of serving that ends at once."""
    app, agent, nginx = swarm.images
    made = (
        (app, "app/Dockerfile", ("--build-arg=MODEL=none",)),
        (agent, "auto_deployment/Dockerfile", ()),
        (nginx, "nginx/Dockerfile", ()),
    )
    for image, file, more in made:
        docker("build", "-q", "-t", image, "-f", str(PROJECT / file), *more, str(PROJECT), timeout_s=1800)


def make_broken(swarm: Swarm, tag: str, command: str) -> None:
    """Give every node an image of serving with another command; the agent gets this tag as well."""
    app, agent, _ = swarm.images
    changed = f"docker commit --change 'CMD {command}' $one {swarm.image}:{tag}"
    tagged = f"docker tag {agent} {swarm.image}-agent:{tag}"
    script = f"one=$(docker create {app}) && {changed} && docker rm $one && {tagged}"
    for node in NODES:
        docker("exec", node, "sh", "-c", script)


@contextmanager
def nodes_up(lab: str, keep: bool) -> Iterator[str]:
    """Bring the nodes up and yield how to talk to the manager; end them, or keep what is there."""
    subprocess.run([lab], check=True, capture_output=True)
    try:
        said = subprocess.run([lab, "env"], check=True, capture_output=True, text=True).stdout
        yield said.strip().partition("DOCKER_HOST=")[2]
    finally:
        if not keep:
            subprocess.run([lab, "down"], check=True, capture_output=True)
