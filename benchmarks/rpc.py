"""gRPC and HTTP side by side: what a request costs the server, and how many a second there are."""

import random
import statistics
import struct
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from app.rpc import marquee_pb2 as pb
from app.rpc.calls import SERVICE
from benchmarks.load import cpu_seconds
from benchmarks.model import STORED, USERS, bench_model
from benchmarks.report import Table
from tests.support.rpc import Caller, RpcServer, rpc_serving
from tests.support.server import Server, serving
from tests.support.waiting import NeverError, eventually

GENERATORS = 4  # processes of h2load, as each sends one body
CONNECTIONS = 5  # of each
PER_S, P99_MS, TIMES = 5000, 25, 1.5
COMPARED = 10_000
GRPC = ("--header=content-type: application/grpc", "--header=te: trailers")
COUNTED = 'marquee_rpc_calls_total{code="OK",method="Recommend",track="stable"}'


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice of load showed."""

    requests_per_s: float
    cpu_us: float  # of the workers, per request
    p99_ms: float
    failed: int
    requests: int


def measure(work: Path, rounds: int, seconds: int, table: Table) -> dict[str, Any]:
    """Serve one model by both, let each have short slices in turn, and gRPC a long one."""
    environ = {"MODEL_DIR": str(bench_model(work, 64)), "WORKERS": "2", "LOG_LEVEL": "INFO"}
    rng = random.Random(4)
    users = [rng.randint(1, STORED) for _ in range(GENERATORS)]
    with ExitStack() as stack:
        (work / "rpc.log").unlink(missing_ok=True)
        rpc = stack.enter_context(rpc_serving(work / "rpc.log", environ))
        http = stack.enter_context(serving(work / "http.log", environ))
        sides: dict[str, Callable[[float], Slice]] = {
            "gRPC": lambda duration_s: _load(rpc, _rpc_words(work, rpc, users), work, duration_s),
            "HTTP": lambda duration_s: _load(http, _http_words(http, users), work, duration_s),
        }
        for side in sides.values():
            side(1)  # warms up
        found: dict[str, list[Slice]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name in rng.sample(sorted(sides), 2):
                found[name].append(sides[name](2))
        before = rpc.sample(COUNTED)
        long = sides["gRPC"](seconds)
        answered = _counted(rpc, before + long.requests) - before
        _print(found, long, answered, table)
        differing = _differing(rpc, http)
        table.promise(f"answers that differ, of {COMPARED:,} users", differing, 0, at_most=True)
    slices = {name: [asdict(one) for one in slices] for name, slices in found.items()}
    return {"slices": slices, "long": asdict(long), "differing": differing}


def _print(found: dict[str, list[Slice]], long: Slice, answered: float, table: Table) -> None:
    for name, slices in found.items():
        rate, cpu_us = (
            statistics.median(getattr(one, what) for one in slices) for what in ("requests_per_s", "cpu_us")
        )
        table.line(f"{name:28} {rate:8.0f} requests/s {cpu_us:8.0f} us of CPU a request")
    pairs = list(zip(found["HTTP"], found["gRPC"], strict=True))
    times = statistics.median(http.cpu_us / rpc.cpu_us for http, rpc in pairs)
    table.promise("requests per processor second, gRPC / HTTP", times, TIMES)
    note = f"{long.requests} in the long run, {long.cpu_us:.0f} us of CPU each"
    table.promise("gRPC, requests/s over 20 connections", long.requests_per_s, PER_S, note)
    table.promise("gRPC, p99 in ms", long.p99_ms, P99_MS, at_most=True)
    failed = sum(one.failed for slices in found.values() for one in slices) + long.failed
    table.promise("failed requests", failed, 0, at_most=True)
    # HTTP/2 carries a status of its own: what gRPC says of each call is counted by the server.
    table.promise("calls that the server counts as OK, of those", answered / long.requests, 1)


def _differing(rpc: RpcServer, http: Server) -> int:
    rng = random.Random(5)
    users = rng.sample(range(1, STORED + 1), COMPARED * 8 // 10)
    users += rng.sample(range(STORED + 1, 2 * USERS), COMPARED - len(users))
    caller = Caller(rpc.target)
    with requests.Session() as session:
        return sum(
            ",".join(caller.recommend(user).movie_ids)
            != session.get(f"{http.url}/recommend/{user}", timeout=30).text
            for user in users
        )


def _rpc_words(work: Path, rpc: RpcServer, users: Sequence[int]) -> list[list[str]]:
    words = []
    for user in users:
        message = pb.RecommendRequest(user=user).SerializeToString()
        body = work / f"body-{user}"
        body.write_bytes(b"\0" + struct.pack(">I", len(message)) + message)
        words.append([*GRPC, f"--data={body}", f"http://{rpc.target}/{SERVICE}/Recommend"])
    return words


def _http_words(http: Server, users: Sequence[int]) -> list[list[str]]:
    return [["--h1", f"{http.url}/recommend/{user}"] for user in users]


def _load(server: Server, words: Sequence[Sequence[str]], work: Path, duration_s: float) -> Slice:
    """Let each generator send one request after the other on each of its connections."""
    options = [f"--clients={CONNECTIONS}", "--max-concurrent-streams=1", "--threads=1"]

    def send(number: int) -> list[tuple[str, int]]:
        log = work / f"h2load-{number}.log"
        log.unlink(missing_ok=True)
        own = [f"--duration={duration_s:g}", f"--log-file={log}", *words[number]]
        subprocess.run(["h2load", *options, *own], check=True, capture_output=True)
        rows = (line.split("\t") for line in log.read_text("ascii").splitlines())
        return [(status, int(took_us)) for _, status, took_us in rows]

    before = cpu_seconds(server)
    with ThreadPoolExecutor(len(words)) as pool:
        answers = [answer for found in pool.map(send, range(len(words))) for answer in found]
    cpu = cpu_seconds(server) - before
    waits = sorted(took_us for _, took_us in answers)
    return Slice(
        requests_per_s=len(answers) / duration_s,
        cpu_us=cpu / len(answers) * 1e6,
        p99_ms=waits[int(len(waits) * 0.99)] / 1000,
        failed=sum(status != "200" for status, _ in answers),
        requests=len(answers),
    )


def _counted(rpc: RpcServer, wanted: float) -> float:
    """Return what the server has counted, when that is no longer a second old."""
    with suppress(NeverError):
        eventually(lambda: rpc.sample(COUNTED) >= wanted, 5)
    return rpc.sample(COUNTED)
