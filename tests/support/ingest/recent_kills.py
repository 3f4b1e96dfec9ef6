"""Kill `ingest`, Redis, followers and workers in random order while watches flow and people ask.

All of it is real: a broker, `ingest` with segments of a second, Redis without a disk, two Gunicorns of two
workers, each with its follower. Who is killed is started again at once: workers and followers by the service,
the others here, as Compose does.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import requests
import yaml

from app.recent.digest import held
from app.recent.store import HeldTitle
from tests.support.ingest.kafka import Broker
from tests.support.models import Size, write_model
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.redis_server import PASSWORD, Redis
from tests.support.server import Server, serving
from tests.support.waiting import eventually

VICTIMS = ("ingest", "redis", "follower", "worker")
OK, LIST = 200, 20
ASKERS = 4
USERS = 50
CALLER_WAITS_S = 10.0


@dataclass
class Asked:
    """What became of requests. `turned` had no answer from one instance and went to the other."""

    sent: int = 0
    turned: int = 0
    failed: list[str] = field(default_factory=list)

    def and_(self, other: "Asked") -> "Asked":
        return Asked(self.sent + other.sent, self.turned + other.turned, self.failed + other.failed)


@dataclass
class Outcome:
    """What was found at the end."""

    asked: Asked
    kills: Counter[str]
    told: set[tuple[int, str]]
    held: list[list[HeldTitle]]


class Ingest:
    """The process that takes lines, which is started again whenever it is killed."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self._environ, self._log = environ, log
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as output:
            command = [sys.executable, "-m", "auto_deployment", "ingest"]
            return subprocess.Popen(
                command, cwd=PROJECT, env=self._environ, stdout=output, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        self.end()
        self._process = self._start()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Platform:
    """All the processes, the people who ask and what they watch meanwhile."""

    def __init__(self, broker: Broker, folder: Path, seed: int) -> None:
        self._broker, self._folder = broker, folder
        self._dice = random.Random(seed)
        self._topic = broker.create_topic()
        self._stop = threading.Event()
        self.told: set[tuple[int, str]] = set()
        self._asked = [Asked() for _ in range(ASKERS)]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything, and end it all."""
        write_model(self._folder / "model", Size(neighbours=40))
        with ExitStack() as stack:
            self.redis = Redis()
            stack.callback(self.redis.end)
            self.ingest = Ingest(self._environ(), self._folder / "ingest.log")
            stack.callback(self.ingest.end)
            self.servers = [stack.enter_context(self._instance(n)) for n in range(2)]
            self._threads = [threading.Thread(target=self._ask, args=(asked,)) for asked in self._asked]
            self._threads.append(threading.Thread(target=self._watch))
            for thread in self._threads:
                thread.start()
            try:
                yield
            finally:
                self.rest()

    def rest(self) -> None:
        """Wait until nobody asks or watches any more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def kill(self) -> str:
        """Kill somebody who is there, and say who it was."""
        victim, server = self._dice.choice(VICTIMS), self._dice.choice(self.servers)
        if victim == "ingest":
            self.ingest.kill()
        elif victim == "redis":
            self.redis.kill()
        else:
            among = followers if victim == "follower" else Server.workers
            os.kill(self._dice.choice(eventually(lambda: among(server))), signal.SIGKILL)
        time.sleep(self._dice.uniform(0, 1))  # a plan of moments, not a wait
        return victim

    def held(self) -> list[list[HeldTitle]]:
        return [held(self._folder / f"recent-{number}") for number in range(2)]

    def asked(self) -> Asked:
        return reduce(Asked.and_, self._asked)

    def holds_all(self) -> bool:
        return all(self.told <= {one[:2] for one in titles} for titles in self.held())

    def logs(self) -> str:
        return "".join(path.read_text("utf-8")[-3000:] for path in sorted(self._folder.glob("*.log")))

    def _instance(self, number: int) -> Any:
        variables = {
            "MODEL_DIR": str(self._folder / "model"),
            "RECENT_DIR": str(self._folder / f"recent-{number}"),
            "REDIS_URL": self.redis.url,
            "REDIS_PASSWORD": PASSWORD,
        }
        return serving(self._folder / f"instance-{number}.log", variables)

    def _environ(self) -> dict[str, str]:
        params: dict[str, Any] = yaml.safe_load((PROJECT / "params.yaml").read_text("utf-8"))
        params["ingest"]["batch"]["max_age_s"] = 1
        path = self._folder / "params.yaml"
        path.write_text(yaml.safe_dump(params), "utf-8")
        return {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self._folder / "data"),
            "PARAMS_FILE": str(path),
            "KAFKA_BOOTSTRAP": self._broker.address,
            "KAFKA_TOPIC": self._topic,
            "INGEST_METRICS_PORT": str(free_port()),
            "REDIS_URL": self.redis.url,
            "REDIS_PASSWORD": PASSWORD,
        }

    def _watch(self) -> None:
        """Let 100 users begin one movie after the other: each event is there once."""
        number = 0
        while not self._stop.is_set():
            events = [(n % 100 + 1, f"movie+{n // 100}+1999") for n in range(number, number + 10)]
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"
            lines = [f"{now},{user},GET /data/m/{movie}/0.mpg".encode() for user, movie in events]
            self._broker.produce(self._topic, lines)
            self.told |= set(events)
            number += len(events)

    def _ask(self, asked: Asked) -> None:
        """Ask one instance and then the other; who gets no answer asks the other, as NGINX does."""
        while not self._stop.wait(0.005):
            first, path = asked.sent % 2, f"/recommend/{asked.sent % USERS + 1}"
            asked.sent += 1
            try:
                reply = self._get(first, path)
            except requests.RequestException:
                asked.turned += 1
                try:
                    reply = self._get(1 - first, path)
                except requests.RequestException as error:
                    asked.failed.append(str(error))
                    continue
            if reply.status_code != OK or len(set(reply.text.split(","))) != LIST:
                asked.failed.append(f"{reply.status_code}: {reply.text[:80]}")

    def _get(self, number: int, path: str) -> requests.Response:
        return requests.get(self.servers[number].url + path, timeout=CALLER_WAITS_S)


def followers(server: Server) -> list[int]:
    """Return the processes that follow for an instance's workers."""
    return [
        int(child)
        for worker in server.workers()
        for task in Path(f"/proc/{worker}/task").glob("*/children")
        for child in task.read_text("ascii").split()
    ]


def run(broker: Broker, folder: Path, kills: int, seed: int = 1) -> Outcome:
    """Kill so often, wait until all that was watched is held, and return what was found."""
    platform = Platform(broker, folder, seed)
    with platform.running():
        eventually(platform.holds_all, saying=platform.logs)
        killed = Counter(platform.kill() for _ in range(kills))
        platform.rest()
        eventually(platform.holds_all, saying=platform.logs)
        found = platform.held()
    return Outcome(platform.asked(), killed, platform.told, found)
