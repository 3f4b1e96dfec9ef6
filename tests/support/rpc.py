"""The gRPC door in a process of its own, and somebody who calls it."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import grpc
import requests

from app.rpc import marquee_pb2 as pb
from app.rpc.calls import SERVICE
from tests.support.ports import free_ports
from tests.support.project import PROJECT
from tests.support.server import START_S, Server, stop
from tests.support.waiting import eventually

RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": SERVICE}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    "loadBalancingConfig": [{"round_robin": {}}],
}


class RpcServer(Server):
    """One running instance; `url` is where it shows its metrics."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", port: int, metrics_port: int, log: Path, workers: str
    ) -> None:
        super().__init__(process, port, log, workers)
        self.target = f"127.0.0.1:{port}"
        self.url = f"http://127.0.0.1:{metrics_port}"

    def workers(self) -> list[int]:
        """Return the process ids of those that answer, oldest first."""
        answering = {int(pid) for pid in re.findall(r"Process (\d+) is worker", self.log_text())}
        return [pid for pid in self.children() if pid in answering]

    def children(self) -> list[int]:
        return super().workers()

    def sample(self, name: str) -> float:
        """Return one sample of /metrics, its name with its labels as they are written there."""
        lines = requests.get(f"{self.url}/metrics", timeout=10).text.splitlines()
        found: str = next((line for line in lines if line.startswith(f"{name} ")), f"{name} -1")
        return float(found.rpartition(" ")[2])


def spawn_rpc(log: Path, environ: Mapping[str, str], ports: Sequence[int] = ()) -> RpcServer:
    """Start an instance with the given variables and nothing else of this environment but the path."""
    port, metrics_port = ports or free_ports(2)
    env = {"PATH": os.environ["PATH"], "HOME": str(log.parent), "TMPDIR": str(log.parent)}
    env |= {"RPC_PORT": str(port), "RPC_METRICS_PORT": str(metrics_port), **environ}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.rpc"],
            cwd=PROJECT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return RpcServer(process, port, metrics_port, log, environ.get("WORKERS", "2"))


def wait_until_ready(server: RpcServer) -> None:
    """Wait for all workers and an answer; raise `RuntimeError` with the log when it ends instead."""

    def is_ready() -> bool:
        if server.process.poll() is not None:
            raise RuntimeError(f"the service did not start:\n{server.log_text()}")
        ready = requests.get(f"{server.url}/health/ready", timeout=5).ok
        return ready and server.log_text().count(" answers") >= int(server.wanted_workers)

    eventually(is_ready, START_S, saying=server.log_text)


@contextmanager
def rpc_serving(log: Path, environ: Mapping[str, str]) -> Iterator[RpcServer]:
    """Run an instance until it is no longer needed."""
    server = spawn_rpc(log, environ)
    try:
        wait_until_ready(server)
        yield server
    finally:
        stop(server)


class Caller:
    """Calls an instance over one connection of its own, or several instances."""

    def __init__(self, *targets: str, retries: bool = False) -> None:
        self._patient = retries
        options: list[tuple[str, Any]] = [("grpc.use_local_subchannel_pool", 1)]
        if retries:
            options.append(("grpc.service_config", json.dumps(RETRIES)))
        self.channel = grpc.insecure_channel(f"ipv4:{','.join(targets)}", options=options)

    def call(self, method: str, request: Any, timeout_s: float = 30) -> Any:
        """Return the reply, or raise `grpc.RpcError`; bytes are sent as they are."""
        return self.begin(method, request, timeout_s).result()

    def begin(self, method: str, request: Any, timeout_s: float = 60) -> Any:
        """Call without waiting; return the future."""
        reply = pb.ModelStatusReply if method == "ModelStatus" else pb.MovieList
        ask = self.channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=lambda one: one if isinstance(one, bytes) else one.SerializeToString(),
            response_deserializer=reply.FromString,
        )
        return ask.future(request, timeout=timeout_s, wait_for_ready=self._patient)

    def recommend(self, user: int, **more: Any) -> pb.MovieList:
        found: pb.MovieList = self.call("Recommend", pb.RecommendRequest(user=user, **more))
        return found


class Load:
    """Callers in threads, each one call after the other, until told to stop."""

    def __init__(self, callers: Sequence[Caller], users: int = 50) -> None:
        self.statuses: Counter[str] = Counter()
        self.replies: set[tuple[Any, ...]] = set()  # user, version and ids, each once
        self._done = Event()
        self._threads = [Thread(target=self._ask, args=(caller, users)) for caller in callers]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ask no more."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def after(self, more: int) -> None:
        """Wait until so many more calls have succeeded."""
        wanted = self.statuses["OK"] + more
        eventually(lambda: self.statuses["OK"] >= wanted, saying=lambda: self.statuses)

    def _ask(self, caller: Caller, users: int) -> None:
        number = 0
        while not self._done.is_set():
            number += 1
            user = number % users + 1
            try:
                reply = caller.recommend(user, n=5)
            except grpc.RpcError as error:
                self.statuses[error.code().name] += 1
                self._done.wait(0.01)
            else:
                self.replies.add((user, reply.model_version, tuple(reply.movie_ids)))
                self.statuses["OK"] += 1
