"""`python -m benchmarks.recent_service FOLDER [rate | redis | memory]`: instances that hold recent events.

`rate`: a worker's processor time for a request, beside one without a store. `redis`: how long callers wait
while Redis is well, paused, and dead. `memory`: what an instance takes that holds everybody's.
"""

import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from app.recent.opening import CHECKED
from app.recent.redis_feed import FIELD, STREAM
from benchmarks.model import STORED, USERS, bench_model
from benchmarks.recent import EVENTS, fill, held_in
from benchmarks.report import say
from tests.support.http import get
from tests.support.redis_server import PASSWORD, Redis
from tests.support.server import Server, serving
from tests.support.systems.containers import docker
from tests.support.waiting import eventually

ROUNDS, REQUESTS, CONNECTIONS = 400, 100, 2
WAIT_ROUNDS, WAIT_REQUESTS, WAIT_CONNECTIONS = 30, 400, 2
EVENTS_PER_TURN = 50  # told to the Redis that is well
Found = TypeVar("Found")
NONE, WELL, PAUSED, DEAD = "no store", "well", "paused", "dead"
ANOTHER = "another without a store"  # how far two that are the same differ


@contextmanager
def instance(work: Path, name: str, environ: Mapping[str, str], held: Path | None) -> Iterator[Server]:
    """Run one with a copy of what is held, until it says how fresh its lists are."""
    own = work / f"held-{name}"
    shutil.rmtree(own, ignore_errors=True)
    common = {"MODEL_DIR": str(bench_model(work, 64)), "MODEL_POLL_S": "0", "LOG_LEVEL": "WARNING"}
    if held is not None:
        shutil.copytree(held, own)
        common |= {"RECENT_DIR": str(own), "RECENT_MAX_MB": "512"}
    try:
        with serving(work / f"{name}.log", {**common, **environ}) as server:
            if held is not None:
                eventually(lambda: "x-recommendation-fresh" in get(server.port, "/recommend/1").headers, 300)
            yield server
    finally:
        shutil.rmtree(own, ignore_errors=True)


def rate(work: Path) -> None:
    """Print the ratios of processor times, in turns of the same requests to all."""
    (work / "events").touch()
    common = {"WORKERS": "1", "THREADS": "2"}
    with (
        instance(work, "without", common, None) as without,
        instance(work, "another", common, None) as another,
        instance(work, "with", {**common, "RECENT_FILE": str(work / "events")}, held_in(work)) as holding,
    ):
        servers = {NONE: without, ANOTHER: another, WELL: holding}
        for server in servers.values():
            _cost_us(server, range(1, 30 * REQUESTS))
        turns = list(_turns(servers, ROUNDS, REQUESTS, _cost_us))
    for name in (NONE, ANOTHER):
        ratios = [turn[name] / turn[WELL] for turn in turns]
        costs = [np.median([turn[of] for turn in turns]) for of in (name, WELL)]
        say(f"{costs[0]:.0f} us {name}, {costs[1]:.0f} with; ratio {_interval(ratios, np.median)}")


def waits(work: Path) -> None:
    """Print the p99 of callers, of the same requests in turns to four instances."""
    with ExitStack() as stack:
        servers = {NONE: stack.enter_context(instance(work, "none", {}, None))}
        redis = {}
        for name in (WELL, PAUSED, DEAD):
            redis[name] = Redis(f"marquee-test-store-{name}")
            stack.callback(redis[name].end)
            environ = {"REDIS_URL": redis[name].url, "REDIS_PASSWORD": PASSWORD}
            servers[name] = stack.enter_context(instance(work, name, environ, held_in(work)))
        docker("pause", redis[PAUSED].container)
        docker("kill", redis[DEAD].container)
        for server in servers.values():
            _seconds(server, range(1, WAIT_REQUESTS))

        def seconds(server: Server, users: Sequence[int]) -> list[float]:
            if server is servers[WELL]:
                _tell(redis[WELL])
            return _seconds(server, users)

        turns = list(_turns(servers, WAIT_ROUNDS, WAIT_REQUESTS, seconds))
        for name in redis:
            said = json.loads(get(servers[name].port, "/version").body)["recent"]["trouble"]
            say(f"Redis {name}: {said or 'read'}")
        docker("unpause", redis[PAUSED].container)
    for name in servers:
        pairs = [(turn[name], turn[NONE]) for turn in turns]
        ratio = _interval(pairs, _p99_ratio)
        p50, p99 = np.quantile([turn[name] for turn in turns], (0.5, 0.99)) * 1000
        say(f"{name:9} p50 {p50:.2f} ms, p99 {p99:.2f} ms; times no store {ratio}")


def memory(work: Path) -> None:
    """Print what an instance of two workers takes for 20 events of each of 1,000,000 users."""
    (work / "events").touch()
    held = work / "everybody"
    if not (held / CHECKED).exists():
        fill(held, range(1, USERS + 1), EVENTS, in_turns=True)
    began = time.monotonic()
    with instance(work, "memory", {"RECENT_FILE": str(work / "events")}, held) as server:
        say(f"looked through after {time.monotonic() - began:.0f} s, with the start of the instance")
        users = random.Random(1).sample(range(1, USERS + 1), 50_000)
        _seconds(server, users)
        workers = server.workers()
        [follower] = [child for worker in workers for child in _children(worker)]
        for name, pid in (("worker", workers[0]), ("worker", workers[1]), ("follower", follower)):
            found = {of: _mb(pid, of) for of in ("table", "data.mdb", "")}
            for of, (rss, pss, own) in found.items():
                say(
                    f"{name}, {of or 'all'}: {rss:.1f} MB resident, {pss:.1f} as its share, {own:.1f} its own"
                )


def _turns(
    servers: Mapping[str, Server], rounds: int, requests: int, of: Callable[[Server, Sequence[int]], Found]
) -> Iterator[dict[str, Found]]:
    """Yield what the same requests showed with each, asked in an order that changes."""
    rng = random.Random(2)
    for _ in range(rounds):
        users = rng.sample(range(1, STORED + 1), requests)
        yield {name: of(servers[name], users) for name in rng.sample(list(servers), len(servers))}


def _cost_us(server: Server, users: Sequence[int]) -> float:
    [worker] = server.workers()
    began = _used_s(worker)
    _seconds(server, users, CONNECTIONS)
    return (_used_s(worker) - began) / len(users) * 1e6


def _seconds(server: Server, users: Sequence[int], connections: int = WAIT_CONNECTIONS) -> list[float]:
    """Return how long each answer took, over some connections at once."""
    with ThreadPoolExecutor(connections) as pool:
        parts = pool.map(lambda first: _ask(server.port, users[first::connections]), range(connections))
        return [wait for part in parts for wait in part]


def _ask(port: int, users: Sequence[int]) -> list[float]:
    connection, found = HTTPConnection("127.0.0.1", port), []
    for user in users:
        began = time.perf_counter()
        connection.request("GET", f"/recommend/{user}")
        answer = connection.getresponse()
        answer.read()
        found.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"user {user} was answered with {answer.status}")
    connection.close()
    return found


def _tell(redis: Redis) -> None:
    pipe = redis.client.pipeline()
    for user in random.sample(range(1, STORED + 1), EVENTS_PER_TURN):
        pipe.xadd(STREAM, {FIELD: f"{int(time.time())} {user} film+{user % 900}+1990 started"})
    pipe.execute()


def _used_s(pid: int) -> float:
    """Return the processor time of a process in seconds, all of its threads, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text("ascii").split()[0]) for task in tasks) / 1e9


def _p99_ratio(pairs: npt.NDArray[np.float64]) -> float:
    """Return the p99 of all of one side's waits divided by the other's; shape (turns, 2, requests)."""
    one, other = np.quantile(pairs, 0.99, axis=(0, 2))
    return float(one / other)


def _interval(turns: Sequence[Any], of: Callable[[Any], Any]) -> str:
    """Return a figure with its 95 % interval over turns."""
    seen, rng = np.array(turns), np.random.default_rng(3)
    drawn = [of(seen[rng.integers(0, len(seen), len(seen))]) for _ in range(1000)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{of(seen):.3f} ({low:.3f} to {high:.3f}, {len(seen)} turns)"


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text("ascii").split()]


def _mb(pid: int, file: str) -> tuple[float, float, float]:
    """Return what a process has of a mapped file, or of everything: resident, its share, and its own."""
    sums, takes = dict.fromkeys(("Rss:", "Pss:", "Private_Clean:", "Private_Dirty:"), 0), False
    for line in Path(f"/proc/{pid}/smaps").read_text("utf-8").splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            takes = line.endswith(file)
        elif takes and words[0] in sums:
            sums[words[0]] += int(words[1])
    rss, pss, clean, dirty = (one * 1024 / 1e6 for one in sums.values())
    return rss, pss, clean + dirty


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    {"rate": rate, "redis": waits, "memory": memory}[sys.argv[2]](place)
