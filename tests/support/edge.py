"""The project's NGINX in front of stub instances, on free ports, with its log at hand."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auto_deployment.local.layout import PROJECT, RunLayout
from auto_deployment.local.nginx import NginxFiles
from auto_deployment.local.processes import Child
from auto_deployment.nginx_config import Server, upstream
from auto_deployment.params import load_params
from tests.support.stub_instance import StubInstance

SALT = "model-1-abc"
TRACKS = {"stable-1": "stable", "stable-2": "stable", "canary": "canary"}


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback addresses that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until(condition: Callable[[], bool], timeout_s: float = 120) -> None:
    """Wait for something that must become true; fail when it does not."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Edge:
    """A running NGINX: its port, its files and its process."""

    port: int
    status_port: int
    layout: RunLayout
    files: NginxFiles
    process: Child

    def log(self, count: int) -> list[dict[str, Any]]:
        """Return the log's lines once there are as many as expected: NGINX writes one after it answered."""
        wait_until(lambda: len(self._lines()) >= count)
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> list[bytes]:
        return [line for line in self.layout.edge_log.read_bytes().split(b"\n") if line]


@contextmanager
def running_edge(folder: Path, addresses: Sequence[str], salt: str = SALT) -> Iterator[Edge]:
    """Start NGINX with the shipped template and parameters; the last address is the canary's."""
    traffic = load_params(PROJECT / "params.yaml").traffic
    layout = RunLayout.below(folder)
    layout.create()
    port, status_port = free_ports(2)
    files = NginxFiles(layout, "127.0.0.1", port, status_port)
    weights = [traffic.stable_weight] * (len(addresses) - 1) + [traffic.canary_weight]
    servers = [Server(address, weight) for address, weight in zip(addresses, weights, strict=True)]
    files.write(traffic, upstream(servers, salt, traffic.fail_timeout_s))
    process = Child(files.program())
    try:
        wait_until(files.answers)
        yield Edge(port, status_port, layout, files, process)
    finally:
        process.ask_to_stop()
        assert process.wait(10)


@contextmanager
def stub_instances() -> Iterator[dict[str, StubInstance]]:
    """Start two stable instances and a canary that answer until they are told otherwise."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(StubInstance(name, track)) for name, track in TRACKS.items()}
