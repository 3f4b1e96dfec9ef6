"""A whole system of containers for tests: a project, images and ports of its own, gone without a trace."""

import json
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from auto_deployment.release.containers.images import READING
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.systems.containers import Stack, docker
from tests.support.systems.short_windows import hasty_alertmanager, hasty_health, hasty_prometheus

PORTS = (
    "MARQUEE_PORT",
    "PROMETHEUS_PORT",
    "ALERTMANAGER_PORT",
    "CONSOLE_PORT",
    "MAILDEV_PORT",
    "GRAFANA_PORT",
    "SEARCH_PORT",
)
UP = ("up", "-d", "--wait", "--wait-timeout", "300")
CODE_REVISION = "abc1234"  # of all images that tests build, so that one build serves them all
# For a test, minutes are seconds, and a log that turns over at 64 MB turns over at 1.
BATCH_MAX_AGE_S = 10
FEEDBACK_S = {"collect": {"max_age_s": 10}, "join": {"every_s": 20}}
WATCHED_SHARE = (
    0.2  # of lists: as shipped, it takes a quarter of an hour until some of both tracks are watched
)
EDGE_LOG_MAX_MB = 1
QUICK_RELEASE = {"tick_s": 2, "poll_s": 1, "warming_s": 5, "settle_s": 3, "start_max_s": 45}
QUICK_JUDGE = {"window_s": 45, "max_window_s": 150, "min_users": 100, "metrics_unavailable_max_s": 25}


@dataclass(frozen=True, slots=True)
class TestStack:
    """The stack, and what a test asks it."""

    __test__ = False  # no test, whatever pytest thinks of the name

    stack: Stack
    ports: dict[str, int]

    @property
    def port(self) -> int:
        return self.ports["MARQUEE_PORT"]

    def wake(self) -> None:
        """Start what `sleep` has stopped, but for profiles."""
        if not self.stack.services():
            self.stack.compose(*UP)

    def sleep(self) -> None:
        """Stop all containers; they and what they hold stay."""
        self.stack.compose("--profile", "*", "stop", "--timeout", "5")

    def prometheus(self, query: str) -> list[dict[str, Any]]:
        """Return what an instant query gives."""
        answer = get_json(self.ports["PROMETHEUS_PORT"], f"/api/v1/query?query={quote(query)}")
        assert answer["status"] == "success", answer
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def inside(self, service: str, *command: str, timeout_s: float = 300) -> str:
        """Run a command in a container and return what it prints."""
        return docker("exec", self.stack.container(service), *command, timeout_s=timeout_s)

    def log(self, service: str, tail: int = 50) -> str:
        """Return the last of what a container has said."""
        words = ["docker", "logs", f"--tail={tail}", self.stack.container(service)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        return done.stdout

    def edge_lines(self) -> list[dict[str, Any]]:
        """Return all lines of the edge log, in order, those that were turned over included."""
        command = "cd /edge/logs; cat $(ls -r edge.log.* 2>/dev/null) edge.log"
        return [json.loads(line) for line in self.inside("nginx", "sh", "-c", command).splitlines()]


def get_json(port: int, path: str) -> Any:
    """Ask a service on this host and return its answer, which must be JSON."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


@contextmanager
def running_stack(
    folder: Path, image: str | None = None, up: bool = True, more: Mapping[str, Any] | None = None
) -> Iterator[TestStack]:
    """Build and start everything but the profiles, or with given images; remove it all at the end.

    `more` has `environ` (of Compose), `release` and `judge` (parameters), `services` and `volumes` (of the
    override).
    """
    more = more or {}
    name = f"marquee-test-{uuid.uuid4().hex[:8]}"
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    environ = {key: str(port) for key, port in ports.items()}
    environ |= {"MARQUEE_IMAGE": image or name, "MARQUEE_HOST": "127.0.0.1", "CODE_REVISION": CODE_REVISION}
    environ |= more.get("environ", {})
    files = (PROJECT / "docker-compose.yml", write_override(folder, more))
    one = TestStack(Stack(name, files, environ), ports)
    try:
        if up:
            one.stack.compose(*UP)
        yield one
    finally:
        one.stack.compose("--profile", "*", "down", "--volumes", "--timeout", "5", "--remove-orphans")
        if image is None:
            remove_images(name)


def write_override(folder: Path, more: Mapping[str, Any]) -> Path:
    """Write what a test changes: how soon things happen, and what it gives of `services` and `volumes`."""
    params = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
    params["ingest"]["batch"]["max_age_s"] = BATCH_MAX_AGE_S
    params["simulate"]["lists"]["watched_share"] = WATCHED_SHARE
    params["feedback"] = _merged(params["feedback"], FEEDBACK_S)
    judge = {**params["release"]["judge"], **QUICK_JUDGE, **more.get("judge", {})}
    params["release"] = {**params["release"], **QUICK_RELEASE, **more.get("release", {}), "judge": judge}
    folder.chmod(0o755)  # the containers have an account of their own
    (folder / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    given = {"volumes": [f"{folder}:/params:ro"], "environment": {"PARAMS_FILE": "/params/params.yaml"}}
    services: dict[str, Any] = {
        **dict.fromkeys(("ingest", "controller", "simulator", "feedback-collect", "feedback-join"), given),
        "nginx": {"environment": {"MARQUEE_EDGE_LOG_MAX_MB": str(EDGE_LOG_MAX_MB)}},
        "prometheus": {"volumes": [f"{hasty_prometheus(folder)}:/etc/prometheus:ro"]},
        "alertmanager": {"volumes": [f"{hasty_alertmanager(folder)}:/etc/alertmanager:ro"]},
    }
    services = _merged(_merged(services, hasty_health()), more.get("services", {}))
    path = folder / "override.yml"
    content = {"services": services, "volumes": more.get("volumes", {})}
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, the other's where they differ, mapping by mapping."""
    found = {**one}
    for name, value in other.items():
        both = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = _merged(found[name], value) if both else value
    return found


def remove_images(prefix: str) -> None:
    """Remove what a stack has built; what other images share stays."""
    lines = docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    own = [line for line in lines if line.startswith((f"{prefix}:", f"{prefix}-"))]
    if not own:
        return
    # Whoever was killed while it read an image has left a container, and nobody is there to remove it later.
    readings = docker("ps", "--all", "--quiet", "--filter", f"label={READING}", *_of(own)).split()
    if readings:
        docker("rm", "--force", *readings)
    docker("rmi", *own)


def _of(images: Sequence[str]) -> list[str]:
    return [word for image in images for word in ("--filter", f"ancestor={image}")]


def listening(stack: TestStack, service: str) -> set[int]:
    """Return the TCP ports that a container listens on, but for those of its loopback address."""
    ports = set()
    for table in ("net/tcp", "net/tcp6"):
        for line in process_file(stack, service, table).splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and not _is_loopback(words[1].partition(":")[0]):
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports


def process_file(stack: TestStack, service: str, name: str) -> str:
    """Read what the kernel says of a container's first process, whatever programs the container lacks."""
    pid = stack.stack.inspect(service, "{{.State.Pid}}")
    try:
        return Path(f"/proc/{pid}/{name}").read_text("ascii")
    except (
        OSError
    ):  # another account than this host's root, or an engine elsewhere: from a container beside it
        beside = f"container:{stack.stack.container(service)}"
        image = stack.stack.inspect("nginx", "{{.Config.Image}}")
        words = ("--rm", "--user=0", "--network", beside, "--pid", beside, "--entrypoint=cat", image)
        return docker("run", *words, f"/proc/1/{name}")


def _is_loopback(address: str) -> bool:
    packed = bytes.fromhex(address)[::-1] if len(address) == 8 else b""
    return bool(packed) and socket.inet_ntoa(packed).startswith("127.")
