"""Search in containers, as the profile `search` runs it: asked, without a shard, and with a new index."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from auto_deployment.cli import main
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.store import ModelStore
from search.build import build
from search.embedding import open_embedding
from search.index_files import publish
from search.local import LocalSearch, open_local
from search.settings import BuildSettings
from tests.support.fleet import NOW
from tests.support.search import small_catalogue
from tests.support.systems.containers import docker
from tests.support.systems.lab import require_docker
from tests.support.systems.stack import TestStack, running_stack
from tests.support.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.slow]

SHARDS = [f"search-shard-{number}" for number in range(4)]
UP = ("--profile", "search", "up", "-d", "--wait", "--wait-timeout", "120", "search", *SHARDS)
QUESTIONS = ("comedy drama", "golden garden", "1994 comedy")


class Searching:
    """The services of the profile alone, and the volume that an agent fills, as a folder of this host."""

    def __init__(self, stack: TestStack, folder: Path) -> None:
        self.stack, self.folder = stack, folder

    def ask(self, text: str) -> tuple[str, list[str], bool]:
        """Return version, ids, and whether the answer is partial; raise `ValueError` for any other."""
        connection = HTTPConnection("127.0.0.1", self.stack.ports["SEARCH_PORT"], timeout=10)
        try:
            connection.request("GET", f"/search?q={quote(text)}&n=10")
            answer = connection.getresponse()
            content = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"{answer.status}: {content}")
        version = answer.headers["X-Index-Version"] or ""
        return version, [one["id"] for one in content["movies"]], content["partial"]

    def whole(self, text: str) -> tuple[str, list[str]]:
        """Return an answer of all shards, as soon as there is one."""

        def of_all_shards() -> tuple[str, list[str], bool] | None:
            found = self.ask(text)
            return None if found[2] else found

        version, ids, _ = eventually(of_all_shards)
        return version, ids

    def metrics(self) -> list[str]:
        connection = HTTPConnection("127.0.0.1", self.stack.ports["SEARCH_PORT"], timeout=10)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()

    def local(self, service: str) -> LocalSearch:
        """Return the index that came with the image, opened in this process."""
        baked = self.folder / "baked"
        docker("cp", f"{self.stack.stack.container(service)}:/index", str(baked))
        return open_local(baked / "current", open_embedding())


@pytest.fixture(scope="module")
def searching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searching]:
    require_docker()
    folder = tmp_path_factory.mktemp("search")
    node = folder / "node"
    node.mkdir(mode=0o755)
    bound = {"driver_opts": {"type": "none", "o": "bind", "device": str(node)}}
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)  # the containers have an account of their own
    with running_stack(folder, up=False, more={"volumes": {"index": bound}}) as stack:
        stack.stack.compose(*UP)
        yield Searching(stack, folder)


def ids_of(search: LocalSearch, text: str) -> list[str]:
    return [search.head.ids[one.row] for one in search.find(text, 10)]


def test_it_finds_what_one_process_finds_in_the_index_of_the_image(searching: Searching) -> None:
    local = searching.local("search")
    for text in QUESTIONS:
        assert searching.whole(text) == (local.head.version, ids_of(local, text))
    assert "marquee_search_shards_up 4.0" in searching.metrics()


def test_without_a_shard_answers_are_partial_until_it_is_back(searching: Searching) -> None:
    whole = {text: searching.whole(text) for text in QUESTIONS}
    docker("kill", searching.stack.stack.container(SHARDS[2]))
    assert eventually(lambda: searching.ask("comedy drama")[2])
    eventually(lambda: "marquee_search_shards_up 3.0" in searching.metrics())
    searching.stack.stack.compose(*UP)
    assert {text: searching.whole(text) for text in QUESTIONS} == whole


def test_a_new_index_through_the_store_is_taken_without_a_wrong_answer(
    searching: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = searching.folder
    before = open_local(folder / "baked" / "current", open_embedding())
    built = build(small_catalogue(150), open_embedding(), BuildSettings(questions=5, passes=2))
    version = str(publish(folder / "built", built.head, built.clusters)["version"])
    after = open_local(folder / "built" / version, open_embedding())
    right = {(one.head.version, text): ids_of(one, text) for one in (before, after) for text in QUESTIONS}
    stop, wrong, asked = threading.Event(), list[Any](), list[str]()

    def ask() -> None:
        while not stop.is_set():
            for text in QUESTIONS:
                found, ids, partial = searching.ask(text)
                asked.append(found)
                # On a busy host a shard may miss the deadline: then the answer says so.
                if not partial and ids != right[found, text]:
                    wrong.append((found, text, ids))

    asker = threading.Thread(target=ask)
    asker.start()
    (folder / "store").mkdir()
    store = ModelStore(FolderFiles(folder / "store"), "recommender").of_indexes()
    store.move({"stable": store.publish(folder / "built" / version)}, NOW)
    monkeypatch.setenv("MODEL_STORE", str(folder / "store"))
    monkeypatch.setenv("FLEET_DIR", str(folder / "node"))
    try:
        assert main(["fleet", "agent", "--index", "--once"]) == 0
        eventually(lambda: searching.ask("comedy")[0] == version)
        assert searching.whole("golden garden") == (version, right[version, "golden garden"])
    finally:
        stop.set()
        asker.join()
    assert wrong == []
    assert set(asked) == {before.head.version, version}
