"""Shards and a gateway as processes, which can be killed, stopped and shown another index."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from auto_deployment.host.files import replace_link
from search.build import build
from search.embedding import open_embedding
from search.index_files import publish
from search.local import open_local
from search.movies import Movie
from search.settings import BuildSettings
from tests.support import http
from tests.support.ports import free_port
from tests.support.project import PROJECT
from tests.support.waiting import eventually

LISTED = 10
ASKERS = 4
WAIT_S = 60.0
EVERY_S = 0.1  # sooner than where nobody sets it: a test waits for it


def publish_real(root: Path, movies: Sequence[Movie], settings: BuildSettings) -> str:
    """Put an index of the embedding that is shipped beside others; return its version."""
    built = build(movies, open_embedding(), settings)
    return str(publish(root, built.head, built.clusters)["version"])


class SearchProcess:
    """One process of a search, with a folder whose link `current` names the index it shall have."""

    def __init__(self, root: Path, name: str, *arguments: str, every_s: float = EVERY_S) -> None:
        self.root, self.name, self.port = root / name, name, free_port()
        self._every_s = every_s
        self.root.mkdir()
        self._arguments = arguments
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "search", *self._arguments, "--indexes", str(self.root)]
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), "--every-s", str(self._every_s)],
                cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def signal(self, number: int) -> None:
        """Send a signal to all of its processes."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(WAIT_S)

    def ask(self, path: str) -> Any:
        return get(self.port, path)[1]

    def metrics(self) -> str:
        return http.get(self.port, "/metrics").body.decode()

    def holds(self, version: str) -> bool:
        return version in self.ask("/status")["versions"]

    def has_refused(self, words: str) -> bool:
        return words in " ".join(self.ask("/status")["refused"])

    def log(self) -> str:
        return (self.root / "log").read_text("utf-8", "replace")


class Processes:
    """A gateway and shards, `replicas` of each."""

    def __init__(self, root: Path, shards: int, replicas: int, deadline_ms: int, every_s: float) -> None:
        self.root = root
        self.shards = [
            SearchProcess(
                root, f"shard-{number}-{replica}", "shard", "--number", str(number), every_s=every_s
            )
            for number in range(shards)
            for replica in range(replicas)
        ]
        addresses = ",".join(one.address for one in self.shards)
        self.gateway = SearchProcess(
            root, "gateway", "gateway", "--shards", addresses, "--deadline-ms", str(deadline_ms),
            every_s=every_s,
        )  # fmt: skip

    @property
    def all(self) -> list[SearchProcess]:
        return [*self.shards, self.gateway]

    def show(self, version: str, *processes: SearchProcess) -> None:
        """Let processes want a version, all of them where none is named."""
        for one in processes or self.all:
            replace_link(one.root / "current", f"../indexes/{version}")

    def wait_for_shards(self, version: str, *processes: SearchProcess) -> None:
        for one in processes or self.shards:
            eventually(partial(one.holds, version), WAIT_S, saying=one.log)

    def wait_until_known(self) -> None:
        """Wait until the gateway has heard of all shards."""
        line = f"marquee_search_shards_up {len(self.shards)}.0"
        eventually(lambda: line in self.gateway.metrics(), WAIT_S, saying=self.gateway.log)

    def wait_for(self, version: str) -> None:
        """Wait until the gateway serves a version."""
        eventually(lambda: self.gateway.ask("/status")["version"] == version, WAIT_S, saying=self.gateway.log)


@contextmanager
def processes(
    root: Path, version: str, shards: int, replicas: int, deadline_ms: int, every_s: float = EVERY_S
) -> Iterator[Processes]:
    """Run a search that looks every so many seconds; `root` has `indexes` with that version."""
    system = Processes(root, shards, replicas, deadline_ms, every_s)
    system.show(version)
    try:
        for one in system.all:
            one.start()
        system.wait_for_shards(version)
        system.wait_for(version)
        yield system
    finally:
        for one in system.all:
            if one.process is not None and one.process.poll() is None:
                one.kill()


def get(
    port: int, path: str, timeout_s: float = WAIT_S, host: str = "127.0.0.1"
) -> tuple[int, Any, str | None]:
    """Return status, content and version of an answer."""
    connection = HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers["X-Index-Version"]
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, or why there was none."""

    text: str
    version: str | None = None
    ids: tuple[str, ...] = ()
    partial: bool = False
    fault: str = ""


class Asking:
    """Questions to a gateway at a steady pace, and what came of each."""

    def __init__(self, port: int, texts: Sequence[str], per_s: float, host: str = "127.0.0.1") -> None:
        self._port, self._texts, self._per_s, self._host = port, texts, per_s, host
        self._stop, self.heard = threading.Event(), list[Heard]()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(ASKERS)]

    def __enter__(self) -> "Asking":
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()

    @property
    def seen(self) -> set[str | None]:
        return {one.version for one in self.heard}

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more answers, or faults, have come."""
        there = len(self.heard)
        eventually(lambda: len(self.heard) >= there + count, WAIT_S)

    def _ask(self, number: int) -> None:
        due_s = time.monotonic() + number / self._per_s
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s += ASKERS / self._per_s
            number += ASKERS
            self.heard.append(ask(self._port, self._texts[number % len(self._texts)], self._host))


def ask(port: int, text: str, host: str = "127.0.0.1") -> Heard:
    try:
        status, content, version = get(port, f"/search?n={LISTED}&q={quote(text)}", host=host)
    except (OSError, HTTPException, ValueError) as error:
        return Heard(text, fault=repr(error))
    if status != 200:
        return Heard(text, fault=f"{status} {content}")
    return Heard(text, version, tuple(one["id"] for one in content["movies"]), content["partial"])


class Right:
    """What each version answers to each question, found by one process that holds nothing else."""

    def __init__(self, indexes: Path, versions: Sequence[str], texts: Sequence[str]) -> None:
        self._ids: Mapping[tuple[str, str], tuple[str, ...]] = {}
        for version in versions:
            local = open_local(indexes / version, open_embedding())
            for text in texts:
                found = local.find(text, LISTED)
                self._ids[version, text] = tuple(local.head.ids[one.row] for one in found)

    def wrong(self, heard: Sequence[Heard]) -> list[Heard]:
        """Return faults, answers that lack something, and those that are not of the version they name."""
        return [
            one
            for one in heard
            if one.fault or one.partial or one.ids != self._ids.get((one.version or "", one.text))
        ]
