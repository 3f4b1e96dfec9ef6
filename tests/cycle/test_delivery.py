"""The newest published model comes into the store once; what fails is owed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auto_deployment.config.publish import PublishSettings
from auto_deployment.cycle import delivery
from auto_deployment.fleet.errors import StoreError
from auto_deployment.paths import CycleLayout, Paths
from auto_deployment.publish.fetching import Fetched
from search.build import build
from search.index_files import save
from tests.support.fleet import NOW, V1, V2, Node, model
from tests.support.search import QUICK, WordVectors, small_catalogue


class Publishing:
    """A cycle whose published models are folders, and a store."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.node, self.folder = Node(folder), folder / "published"
        self.layout = CycleLayout.below(folder / "data" / "cycle")
        self.layout.clone.mkdir(parents=True)
        self.hashes: dict[str, str | None] = {}
        repository = SimpleNamespace(messages=lambda: {name: name for name in self.hashes})
        self.cycle: Any = SimpleNamespace(
            paths=Paths(folder / "data"),
            layout=self.layout,
            publishing=SimpleNamespace(repository=repository),
        )
        monkeypatch.setattr(delivery, "content_hash", lambda message: self.hashes[message])
        monkeypatch.setattr(delivery, "fetched_model", self._fetched)

    def publish(self, version: str, seed: int) -> None:
        model(self.folder, version, seed)
        self.hashes[version] = f"hash-{seed}"

    def deliver(self) -> str | None:
        return delivery.deliver(self.cycle, PublishSettings(), lambda: self.node.store, NOW)

    @contextmanager
    def _fetched(
        self, layout: object, settings: object, version: str, rejected: object, *, with_index: bool
    ) -> Iterator[Fetched]:
        index = self.folder / f"{version}-index"
        yield Fetched(version, self.folder / version, index if with_index and index.exists() else None)

    @property
    def wanted(self) -> dict[str, str]:
        return dict(self.node.store.channels().channels.wanted)


@pytest.fixture
def publishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publishing:
    return Publishing(tmp_path, monkeypatch)


def test_the_first_model_is_what_both_channels_want_and_the_next_is_a_canary(publishing: Publishing) -> None:
    assert publishing.deliver() is None
    publishing.publish(V1, 1)
    assert publishing.deliver() == V1
    assert publishing.wanted == {"stable": V1, "canary": V1}
    publishing.publish(V2, 2)
    assert publishing.deliver() == V2
    assert publishing.wanted == {"stable": V1, "canary": V2}


def test_a_channel_that_was_moved_back_stays_so(publishing: Publishing) -> None:
    publishing.publish(V1, 1)
    publishing.deliver()
    publishing.publish(V2, 2)
    publishing.deliver()
    publishing.node.store.move({"canary": V1}, NOW)
    assert publishing.deliver() is None
    assert publishing.wanted["canary"] == V1


@pytest.mark.parametrize("fails_at", ["upload", "swap"])
def test_what_the_store_did_not_take_is_delivered_the_next_time(
    publishing: Publishing, fails_at: str
) -> None:
    publishing.publish(V1, 1)

    def away(what: str, path: str, start: int) -> None:
        if what == fails_at:
            raise StoreError("away")

    publishing.node.files.on = away
    delivery.try_to_deliver(publishing.cycle, PublishSettings(), lambda: publishing.node.store, NOW)
    assert delivery.delivered(publishing.layout) == ""
    publishing.node.files.on = lambda *_: None
    assert publishing.deliver() == V1
    assert publishing.wanted == {"stable": V1, "canary": V1}


def test_the_index_of_a_model_is_there_before_it_and_wanted_at_once(publishing: Publishing) -> None:
    publishing.publish(V1, 1)
    built = build(small_catalogue(60), WordVectors(), QUICK)
    index = save(publishing.folder / f"{V1}-index", built.head, built.clusters)["version"]
    seen = list[list[str]]()

    def note(what: str, path: str, start: int) -> None:
        if what == "swap" and path == "models/films/channels.json":
            seen.append(publishing.node.store.of_indexes().versions())

    publishing.node.files.on = note
    publishing.deliver()
    assert seen == [[index]]
    assert dict(publishing.node.store.of_indexes().channels().channels.wanted) == {"stable": index}
