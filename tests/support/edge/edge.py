"""The project's NGINX in front of stub instances, on free ports, with its log at hand."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from auto_deployment.edge.nginx_config import UpstreamServer, upstream
from auto_deployment.local.nginx import NginxFiles
from auto_deployment.local.processes import Child
from auto_deployment.params import load_params
from auto_deployment.paths import RunLayout
from tests.support.edge.stub_instance import StubInstance
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.waiting import eventually

SALT = "model-1-abc"
TRACKS = {"stable-1": "stable", "stable-2": "stable", "canary": "canary"}


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
        eventually(lambda: len(self._lines()) >= count)
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> list[bytes]:
        return [line for line in self.layout.edge_log.read_bytes().split(b"\n") if line]


@contextmanager
def running_edge(folder: Path, addresses: Sequence[str], salt: str = SALT, **changed: int) -> Iterator[Edge]:
    """Start NGINX with the shipped template and parameters but for some; the last address is the canary's."""
    traffic = replace(load_params(PROJECT / "params.yaml").traffic, **changed)
    layout = RunLayout.below(folder)
    layout.create()
    port, status_port = free_ports(2)
    files = NginxFiles(layout, "127.0.0.1", port, status_port)
    servers = [UpstreamServer(address, traffic.stable_weight) for address in addresses[:-1]]
    servers.append(UpstreamServer(addresses[-1], traffic.canary_weight, is_canary=True))
    files.write(traffic, upstream(servers, salt, traffic.fail_timeout_s))
    process = Child(files.program())
    try:
        eventually(files.answers)
        yield Edge(port, status_port, layout, files, process)
    finally:
        process.ask_to_stop()
        assert process.wait(10)


@contextmanager
def stub_instances() -> Iterator[dict[str, StubInstance]]:
    """Start two stable instances and a canary that answer until they are told otherwise."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(StubInstance(name, track)) for name, track in TRACKS.items()}
