"""`python -m benchmarks.recent FOLDER [memory [USERS]]`: what recent events cost, in memory and a request."""

import http.client
import os
import random
import shutil
import statistics
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np

from app.recent.events import RecentEvent
from app.recent.store import CHUNK, open_store
from benchmarks.model import MOVIES, STORED, USERS, bench_model
from tests.support.models import Size, make_movies
from tests.support.server import Server, serving

EVENTS = 20  # of a user
HELD, EVENTS_HELD = 200_000, 5  # users in the throughput part, every fifth one, and events of each
ROUNDS, REQUESTS, AT_ONCE = 9, 1600, 80
NOW = int(time.time())


def fill(folder: Path, users: range, events: int, *, in_turns: bool) -> None:
    """Write a store: titles by their popularity, some rated; in turns, everybody's next in any order.

    In turns a page is split again and again, as when events come over days, and takes more room.
    """
    rng = np.random.default_rng(1)
    share = 1 / np.arange(1, MOVIES + 1) ** 0.9
    ids = make_movies(Size(movies=MOVIES)).ids
    one = np.array(users)
    order = np.concatenate([rng.permutation(one) for _ in range(events)]) if in_turns else one.repeat(events)
    movies = rng.choice(MOVIES, len(order), p=share / share.sum())
    turns = np.arange(len(order)) // len(one) if in_turns else np.tile(np.arange(events), len(one))
    ages = rng.integers(0, 14_400, len(order)) + (events - turns) * 14_400
    rows = zip(order.tolist(), movies.tolist(), ages.tolist(), rng.random(len(order)).tolist(), strict=True)
    store = open_store(folder, 512)
    while some := list(islice(rows, CHUNK)):
        store.apply(
            [
                RecentEvent(NOW - age, user, ids[movie], kind < 0.6, 3.0 if kind > 0.7 else None)
                for user, movie, age, kind in some
            ],
            0,
        )
    size = sum(file.stat().st_blocks * 512 for file in folder.glob("store-*/*"))
    sys.stdout.write(f"{store.users:,} users, {store.events:,} titles: {size / 1e6:.1f} MB\n")
    store.put({"status": {"until_s": NOW}})
    store.close()


def compare(folder: Path) -> None:
    """Print the processor time of a worker for a request, in turns with and without a store."""
    model = bench_model(folder, 64)
    shutil.rmtree(folder / "held", ignore_errors=True)
    fill(folder / "held", range(1, USERS + 1, USERS // HELD), EVENTS_HELD, in_turns=False)
    events = folder / "events"
    events.touch()
    common = {"MODEL_DIR": str(model), "WORKERS": "1", "MODEL_POLL_S": "0"}
    follows = {"RECENT_FILE": str(events), "RECENT_DIR": str(folder / "held"), "RECENT_MAX_MB": "512"}
    with (
        serving(folder / "log-without", common) as without,
        serving(folder / "log-with", {**common, **follows}) as holding,
    ):
        while not _says_age(holding):
            time.sleep(0.5)
        times: dict[str, list[float]] = {"without": [], "with": []}
        for turn in range(ROUNDS):
            users = random.Random(turn).sample(range(1, STORED + 1), REQUESTS)
            for name, server in (("without", without), ("with", holding)):
                times[name].append(_cost_us(server, users))
    medians = {name: statistics.median(found) for name, found in times.items()}
    ratios = [one / other for one, other in zip(times["without"], times["with"], strict=True)]
    for name, found in times.items():
        sys.stdout.write(f"{name}: {', '.join(f'{one:.0f}' for one in found)}\n")
    sys.stdout.write(f"us a request: {medians}; without / with: {statistics.median(ratios):.3f}\n")


def _says_age(server: Server) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/recommend/1")
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.getheader("X-Recommendation-Fresh") is not None


def _cost_us(server: Server, users: list[int]) -> float:
    """Ask many at once: the worker then has always something to do, however busy the machine is."""
    connections = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(AT_ONCE)]
    for connection in connections:
        connection.connect()
    [worker] = server.workers()
    before = _used_s(worker)
    for at in range(0, len(users), AT_ONCE):
        for connection, user in zip(connections, users[at:], strict=False):
            connection.request("GET", f"/recommend/{user}")
        for connection, _ in zip(connections, users[at:], strict=False):
            connection.getresponse().read()
    used = _used_s(worker) - before
    for connection in connections:
        connection.close()
    return used / len(users) * 1e6


def _used_s(pid: int) -> float:
    """Return the processor time of a process in seconds, all of its threads, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text("ascii").split()[0]) for task in tasks) / 1e9


if __name__ == "__main__":
    work = Path(sys.argv[1])
    work.mkdir(parents=True, exist_ok=True)
    if "memory" in sys.argv[2:]:
        users = int(sys.argv[3]) if len(sys.argv) > 3 else USERS
        fill(work / f"memory-{os.getpid()}", range(1, users + 1), EVENTS, in_turns=True)
    else:
        compare(work)
