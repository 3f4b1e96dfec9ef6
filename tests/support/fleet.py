"""A store in a folder, a node beside it, and services that say what a test wants them to."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.artifact import Movies
from auto_deployment.fleet.agent import Agent, AgentParts
from auto_deployment.fleet.files import Files, Tag
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.pull import Puller
from auto_deployment.fleet.service import Answers
from auto_deployment.fleet.store import ModelStore
from auto_deployment.fleet.throttle import Throttle
from auto_deployment.fleet.volume import Volume
from tests.support.models import Size, make_movies, write_model

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SIZE = Size(users=40, movies=60)
V1, V2, V3, V4, V5 = (f"2026110{day}T0000-aaaaaaaa" for day in range(1, 6))


def model(folder: Path, version: str, seed: int = 1, title: str = "") -> Path:
    """Write a model; those of one seed share all arrays, a title makes `movies.json` differ."""
    movies = make_movies(SIZE)
    if title:
        movies = Movies(movies.ids, [title, *movies.titles[1:]], movies.genres)
    write_model(folder / version, SIZE, version=version, seed=seed, movies=movies)
    return folder / version


@dataclass
class Meddled:
    """The files of a store with a fault: `on` is called with what is asked, its path and where it begins."""

    inner: Files
    on: Callable[[str, str, int], None] = lambda what, path, start: None
    parts: list[tuple[str, int, int]] = field(default_factory=list)  # path, start, bytes

    def read(self, path: str) -> bytes:
        self.on("read", path, 0)
        return self.inner.read(path)

    def read_part(self, path: str, start: int, end: int) -> bytes:
        self.on("read_part", path, start)
        found = self.inner.read_part(path, start, end)
        self.parts.append((path.rpartition("/")[2], start, len(found)))
        return found

    def upload(self, source: Path, path: str) -> None:
        self.on("upload", path, 0)
        self.inner.upload(source, path)

    def write(self, path: str, content: bytes) -> None:
        self.on("write", path, 0)
        self.inner.write(path, content)

    def names(self, path: str) -> list[str]:
        self.on("names", path, 0)
        return self.inner.names(path)

    def remove(self, path: str) -> None:
        self.inner.remove(path)

    def read_tagged(self, path: str) -> tuple[bytes, Tag]:
        self.on("read_tagged", path, 0)
        return self.inner.read_tagged(path)

    def swap(self, path: str, content: bytes, tag: Tag) -> None:
        self.on("swap", path, 0)
        self.inner.swap(path, content, tag)


class Node:
    """A store and one node of it, below one folder."""

    def __init__(
        self,
        folder: Path,
        params: FleetParams | None = None,
        files: Files | None = None,
        **services: str | None,
    ) -> None:
        self.params = params or FleetParams(min_free_mb=0)
        self.now = 1_000_000.0
        self.models, self.root = folder / "models", folder / "node"
        self.store_root = folder / "store"
        self.store_root.mkdir()
        self.files = Meddled(files or FolderFiles(self.store_root))
        self.store = ModelStore(self.files, "films")
        self.says: dict[str, str | None] = dict(services) or {"stable": None}  # what each service answers
        self.throttle = Throttle(0)
        self.ask: dict[str, Answers] = {}  # real services, in place of what they say here
        self.obedient = True  # services serve what they are pointed to
        self.volume = Volume(self.root, "films")
        self.start()

    def start(self) -> None:
        """Start the agent, as after a restart."""
        self.volume.open()
        self.puller = Puller(self.store, self.volume, self.throttle, self.params.min_free_mb)
        asks = {name: self.ask.get(name, self._asker(name)) for name in self.says}
        parts = AgentParts("node-1", self.store, self.volume, self.puller, asks, self.root / "agent.json")
        self.agent = Agent(parts, self.params, lambda: self.now)

    def publish(self, version: str, *channels: str, seed: int = 1, title: str = "") -> Path:
        """Publish a generated model and let channels want it; return the store's folder of it."""
        self.store.publish(model(self.models, version, seed, title))
        if channels:
            self.store.move(dict.fromkeys(channels, version), NOW)
        return self.stored(version)

    def stored(self, version: str) -> Path:
        return self.store_root / "models" / "films" / version

    def delete(self, version: str) -> None:
        shutil.rmtree(self.stored(version))

    def _asker(self, name: str) -> Callable[[], str | None]:
        def ask() -> str | None:
            if self.obedient:
                self.says[name] = self.volume.link(name)
            return self.says[name]

        return ask
