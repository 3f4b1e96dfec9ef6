"""Shards and a gateway that talk over real sockets, in the threads of a test."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread

from werkzeug.serving import BaseWSGIServer, make_server

from auto_deployment.host.files import replace_link
from search.build import build
from search.gateway import Gateway
from search.holder import Holder
from search.http.ring import Ring
from search.index_files import open_head, publish
from search.movies import Movie
from search.part import Part
from search.shard import create_shard, part_of
from tests.support.search import QUICK, WordVectors

EMBEDDING = WordVectors()


def publish_index(root: Path, movies: Sequence[Movie], embedding: WordVectors = EMBEDDING) -> str:
    """Put an index of some movies beside others; return its version."""
    built = build(movies, embedding, QUICK)
    return str(publish(root, built.head, built.clusters)["version"])


class ShardProcess:
    """One shard with a folder of its own, which can be killed and started again at its address."""

    def __init__(self, root: Path, number: int, host: str = "127.0.0.1", port: int = 0) -> None:
        self.root, self.number, self.host, self.port = root, number, host, port
        self.delay: Callable[[], None] = lambda: None
        self.start()

    def start(self) -> None:
        self.holder: Holder[Part] = Holder(self.root, partial(part_of, self.number))
        self.holder.look()
        app = create_shard(self.holder, self.number)
        app.before_request(lambda: self.delay())
        self._server: BaseWSGIServer = make_server(self.host, self.port, app, threaded=True)
        self.port = self._server.port
        self._thread = Thread(target=partial(self._server.serve_forever, 0.01), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def kill(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SearchSystem:
    """A gateway and shards, each of which is shown an index by its own link."""

    def __init__(self, root: Path, replicas: int = 1, deadline_s: float = 30) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.root = root
        self.shards = [
            ShardProcess(self._place(f"shard-{number}-{replica}"), number)
            for number in range(QUICK.shards)
            for replica in range(replicas)
        ]
        self.holder = Holder(self._place("gateway"), partial(open_head, embedding=EMBEDDING.name))
        self.ring = Ring(self.names(), deadline_s, status_s=30)
        self.gateway = Gateway(self.holder, self.ring, EMBEDDING)

    def names(self) -> list[str]:
        """Return what the gateway is told of its shards."""
        return [one.address for one in self.shards]

    def _place(self, name: str) -> Path:
        place = self.root / name
        place.mkdir(exist_ok=True)
        return place

    def show(self, version: str, *places: Path) -> None:
        """Let places want a version, all of them where none is named."""
        for place in places or [one.root for one in self.shards] + [self.root / "gateway"]:
            replace_link(place / "current", f"../indexes/{version}")

    def look(self) -> None:
        for shard in self.shards:
            shard.holder.look()
        self.gateway.look()

    def close(self) -> None:
        for shard in self.shards:
            with suppress(OSError):
                shard.kill()
        self.ring.close()
