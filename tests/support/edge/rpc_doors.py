"""Real gRPC doors behind a real NGINX in a container, which shares this host's network."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from app.rpc import marquee_pb2 as pb
from auto_deployment.edge.nginx_config import UpstreamServer, render, upstream
from auto_deployment.params import load_params
from auto_deployment.paths import TEMPLATE
from tests.support.edge.edge import SALT
from tests.support.edge.ring import Ring
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.rpc import Caller, RpcServer, spawn_rpc, wait_until_ready
from tests.support.server import stop
from tests.support.systems.containers import docker
from tests.support.waiting import eventually

IMAGE = "nginx:1.30-alpine"
RPC_TEMPLATE = TEMPLATE.parent.with_name("templates-rpc") / "marquee-rpc.conf.template"
CONF = "pid /tmp/nginx.pid; events {{ worker_connections 1024; }} http {{ {} }}"
ATTEMPT_MS = 5000  # on a busy host nobody shall be tried twice


@dataclass(frozen=True)
class Doors:
    """Two stable doors and a canary, by their address in the ring, behind NGINX."""

    by_address: dict[str, RpcServer]
    ring: Ring
    tracks: dict[int, str]
    log: Path
    port: int

    def lines(self, count: int) -> list[dict[str, Any]]:
        eventually(lambda: self.log.read_bytes().count(b"\n") >= count)
        return [json.loads(line) for line in self.log.read_bytes().splitlines()]

    def is_on_canary(self, user: int) -> bool:
        address = self.ring.address_of(f"{SALT}:{user}")
        return self.tracks[int(address.rpartition(":")[2])] == "canary"

    def caller(self) -> Caller:
        return Caller(f"127.0.0.1:{self.port}")


@contextmanager
def rpc_doors(root: Path, model: Path) -> Iterator[Doors]:
    """Run them until they are no longer needed."""
    stable, canary, port, status, *metrics = free_ports(7)
    tracks = {stable: "stable", canary: "canary"}
    addresses = [f"127.0.0.1:{stable}", f"127.0.0.2:{stable}", f"127.0.0.1:{canary}"]
    weights = dict(zip(addresses, (40, 40, 20), strict=True))
    name = f"marquee-test-rpc-{os.getpid()}"
    started: dict[str, RpcServer] = {}
    try:
        for address, shown in zip(addresses, metrics, strict=True):
            host, _, rpc = address.partition(":")
            environ = {"MODEL_DIR": str(model), "TRACK": tracks[int(rpc)], "HOST": host, "WORKERS": "1"}
            started[address] = spawn_rpc(root / f"log-{shown}", environ, (int(rpc), shown))
            started[address].url = f"http://{host}:{shown}"
        for server in started.values():
            wait_until_ready(server)
        _start_nginx(name, root / "edge", weights, port, status)
        found = Doors(started, Ring(weights), tracks, root / "edge" / "edge.log", port)
        eventually(lambda: _answers(found), saying=lambda: docker("logs", name))
        yield found
    finally:
        docker("rm", "-f", name)
        for server in started.values():
            stop(server)


def _answers(doors: Doors) -> bool:
    try:
        return bool(doors.caller().call("ModelStatus", pb.ModelStatusRequest()).models)
    except grpc.RpcError:  # NGINX does not listen yet
        return False


def _start_nginx(name: str, folder: Path, weights: dict[str, int], port: int, status: int) -> None:
    traffic = load_params(PROJECT / "params.yaml").traffic
    servers = [UpstreamServer(one, weight, is_canary=weight == 20) for one, weight in weights.items()]
    folder.mkdir()
    (folder / "upstream.conf").write_text(upstream(servers, SALT, traffic.fail_timeout_s), "utf-8")
    values = {
        "MARQUEE_UPSTREAM_DIR": "/edge",
        "MARQUEE_LOG_DIR": "/edge",
        "MARQUEE_RPC_LISTEN": f"127.0.0.1:{port}",
        "MARQUEE_STATUS_LISTEN": f"127.0.0.1:{status}",
        "MARQUEE_CONNECT_TIMEOUT_MS": str(traffic.connect_timeout_ms),
        "MARQUEE_ATTEMPT_TIMEOUT_MS": str(ATTEMPT_MS),
        "MARQUEE_ATTEMPTS": str(traffic.attempts),
    }
    text = CONF.format(render(RPC_TEMPLATE.read_text("utf-8"), values))
    (folder / "nginx.conf").write_text(text, "utf-8")
    words = ("nginx", "-c", "/edge/nginx.conf", "-g", "daemon off;")
    docker("run", "-d", "--network", "host", "--name", name, "-v", f"{folder}:/edge", IMAGE, *words)
