"""Shards and gateway over HTTP: no mixture of versions, no downtime, and what is away is said."""

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from search.gateway import create_gateway
from search.http.choice import choose
from search.http.connections import Connections, ShardError, call
from search.http.door import request_of
from search.http.wire import (
    WireError,
    answer_from_bytes,
    answer_to_bytes,
    question_from_bytes,
    question_to_bytes,
)
from search.local import open_local
from search.movies import Movie
from search.part import Question
from tests.support.search import WordVectors, small_catalogue
from tests.support.search_services import EMBEDDING, SearchSystem, publish_index

QUESTIONS = ("golden castle", "gloden castle", "comedy", "1990 drama", "river of gold")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two indexes that find other rows for the same question."""
    root = tmp_path_factory.mktemp("built") / "indexes"
    movies = small_catalogue()
    other = [Movie(f"b{200 - place:06}", one.title, one.year, one.genres) for place, one in enumerate(movies)]
    first = [Movie(f"a{one.id}", one.title, one.year, one.genres) for one in movies]
    (root.parent / "versions").write_text("\n".join(publish_index(root, one) for one in (first, other)))
    return root


@pytest.fixture
def versions(indexes: Path) -> list[str]:
    return (indexes.parent / "versions").read_text().split()


@pytest.fixture
def root(indexes: Path, tmp_path: Path) -> Path:
    shutil.copytree(indexes, tmp_path / "indexes")
    return tmp_path


@pytest.fixture
def system(root: Path, versions: list[str]) -> Iterator[SearchSystem]:
    system = SearchSystem(root)
    system.show(versions[0])
    system.look()
    yield system
    system.close()


@pytest.fixture
def replicated(root: Path, versions: list[str]) -> Iterator[SearchSystem]:
    system = SearchSystem(root, replicas=2)
    system.show(versions[0])
    system.look()
    yield system
    system.close()


def ids(system: SearchSystem, text: str) -> tuple[str, list[str], bool]:
    listed = system.gateway.find(text, 10)
    assert listed
    return listed.head.version, [listed.head.ids[one.row] for one in listed.found], listed.partial


def test_an_answer_names_its_version_and_says_whether_it_is_whole(
    system: SearchSystem, versions: list[str]
) -> None:
    client = create_gateway(system.gateway).test_client()
    answer = client.get("/search?q=gloden castle&n=3")
    assert (answer.status_code, answer.headers["X-Index-Version"]) == (200, versions[0])
    content = answer.get_json()
    assert content["partial"] is False
    assert content["movies"][0] == {
        "id": "am000011", "title": "Golden Castle", "year": 1991, "genres": ["Horror", "Sci-Fi"],
    }  # fmt: skip
    assert len(content["movies"]) == 3


@pytest.mark.parametrize(
    "path", ["/search", "/search?q=", "/search?q=%3C%3E", "/search?q=a&n=0", "/search?q=a&n=101"]
)
def test_a_bad_question_gets_a_sentence(system: SearchSystem, path: str) -> None:
    answer = create_gateway(system.gateway).test_client().get(path)
    assert answer.status_code == 400
    assert answer.get_json()["detail"].endswith(".")


def test_shards_and_gateway_together_find_what_one_process_finds(system: SearchSystem, root: Path) -> None:
    local = open_local(root / "gateway" / "current", EMBEDDING)
    for text in QUESTIONS:
        listed = system.gateway.find(text, 10)
        assert listed
        assert listed.found == local.find(text, 10)


def test_the_gateway_moves_only_when_every_shard_holds_the_next_version(
    system: SearchSystem, versions: list[str]
) -> None:
    system.show(versions[1], system.root / "gateway", *[one.root for one in system.shards[1:]])
    system.look()
    assert ids(system, "comedy")[0] == versions[0]
    system.show(versions[1], system.shards[0].root)
    system.look()
    assert ids(system, "comedy")[0] == versions[1]
    system.look()  # once more changes nothing
    assert ids(system, "comedy")[0] == versions[1]


def test_an_update_that_is_broken_on_one_shard_leaves_all_with_the_old_one_and_a_repeat_ends_it(
    system: SearchSystem, versions: list[str]
) -> None:
    shard = system.shards[2]
    broken = system.root / "broken" / versions[1]
    shutil.copytree(system.root / "indexes" / versions[1], broken)
    name = next(path for path in sorted(broken.glob("cluster-*-vectors.npy")) if path.stat().st_size)
    for path in broken.glob("cluster-*-vectors.npy"):
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    system.show(versions[1])
    (shard.root / "current").unlink()
    (shard.root / "current").symlink_to(broken)
    system.look()
    assert ids(system, "comedy")[0] == versions[0]
    (sentence,) = call(shard.address, "GET", "/status", 2)["refused"]
    assert "the file is damaged" in sentence
    assert name.exists()
    system.show(versions[1])
    system.look()
    assert ids(system, "comedy")[0] == versions[1]
    assert call(shard.address, "GET", "/status", 2)["refused"] == []


def test_an_index_of_another_embedding_is_not_served(system: SearchSystem, versions: list[str]) -> None:
    other = publish_index(system.root / "indexes", small_catalogue(), WordVectors("others-32"))
    system.show(other)
    system.look()
    assert ids(system, "comedy")[0] == versions[0]


def asked(address: str, content: bytes) -> bytes:
    connections, end = Connections(), time.monotonic() + 5
    try:
        return connections.receive(connections.send(address, request_of(address, content), end), end)
    finally:
        connections.close()


def test_a_shard_that_does_not_hold_a_version_says_so(system: SearchSystem) -> None:
    question = question_to_bytes("index-of-tomorrow", Question(EMBEDDING.embed(["river"])[0], [], 5))
    with pytest.raises(ShardError, match="index-of-tomorrow is not held here, but index-"):
        asked(system.shards[0].address, question)


def test_a_shard_refuses_what_is_no_question(system: SearchSystem, versions: list[str]) -> None:
    vector = EMBEDDING.embed(["river"])[0]
    good = question_to_bytes(versions[0], Question(vector, [], 5, [1], [1990]))
    assert answer_from_bytes(asked(system.shards[0].address, good))
    none = question_to_bytes(versions[0], Question(vector, [], 0))
    nan, short = np.full(32, np.nan, np.float32), question_to_bytes(versions[0], Question(vector[:7], [], 5))
    odd = question_to_bytes(versions[0], Question(nan, [], 5))
    for content in (
        b"", b"{}", good[:4], good[:-1], good + b"a", b"MSQ0" + good[4:], good[:-1] + b"\xff",
        none, odd, short,
    ):  # fmt: skip
        with pytest.raises(ShardError, match=r"\.$|not held here"):
            asked(system.shards[0].address, content)


def test_a_shard_that_was_silent_when_it_was_looked_at_is_asked_all_the_same(system: SearchSystem) -> None:
    whole = ids(system, "comedy drama")
    heard = system.ring.held()
    system.gateway.take({one: said for one, said in heard.items() if one != system.shards[1].address})
    assert ids(system, "comedy drama") == whole
    assert system.gateway.shards_up == len(system.shards) - 1


def test_without_a_shard_answers_are_partial_until_it_is_back(system: SearchSystem) -> None:
    whole = ids(system, "comedy drama")
    system.shards[1].kill()
    version, _, partial = ids(system, "comedy drama")
    assert partial
    assert ids(system, "golden castle")[1][0] == "am000011"  # titles are the gateway's
    system.gateway.look()
    assert ids(system, "comedy drama")[0] == version
    system.shards[1].start()
    system.look()
    assert ids(system, "comedy drama") == whole


def test_without_any_shard_titles_answer_alone(system: SearchSystem) -> None:
    for shard in system.shards:
        shard.kill()
    assert ids(system, "gloden castle")[1:] == (ids(system, "gloden castle")[1], True)
    assert ids(system, "gloden castle")[1][0] == "am000011"


def test_with_a_replica_a_shard_that_is_away_is_not_noticed(replicated: SearchSystem) -> None:
    whole = {text: ids(replicated, text) for text in QUESTIONS}
    for shard in replicated.shards[::2]:
        shard.kill()
    assert {text: ids(replicated, text) for text in QUESTIONS} == whole


def test_a_shard_that_hangs_leaves_time_for_its_replica(root: Path, versions: list[str]) -> None:
    system, freed = SearchSystem(root, replicas=2, deadline_s=6), Event()
    system.show(versions[0])
    system.look()
    whole = ids(system, "comedy")

    def hang() -> None:
        freed.wait(60)

    system.shards[0].delay = hang
    assert ids(system, "comedy") == whole
    freed.set()
    system.close()


def test_no_answer_is_a_mixture_while_versions_come_and_shards_die(
    replicated: SearchSystem, versions: list[str]
) -> None:
    """Each answer is the very one that a process finds which holds nothing but that version."""
    alone = {one: open_local(replicated.root / "indexes" / one, EMBEDDING) for one in versions}
    right = {(one, text): alone[one].find(text, 10) for one in versions for text in QUESTIONS}
    stop, wrong, seen = Event(), list[str](), set[str]()

    def ask() -> None:
        draw = random.Random(1)
        while not stop.is_set():
            text = draw.choice(QUESTIONS)
            listed = replicated.gateway.find(text, 10)
            assert listed
            seen.add(listed.head.version)
            if listed.partial or listed.found != right[listed.head.version, text]:
                wrong.append(f"{listed.head.version} {text} {listed}")

    askers = [Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    draw = random.Random(2)
    for turn in range(6):
        replicated.show(versions[1 - turn % 2])
        killed = draw.choice(replicated.shards)
        killed.kill()
        replicated.look()
        killed.start()
        replicated.look()
        assert replicated.gateway.version == versions[1 - turn % 2]
    stop.set()
    for asker in askers:
        asker.join()
    assert wrong == []
    assert seen == set(versions)


def test_a_gateway_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    system = SearchSystem(tmp_path)
    system.look()
    answer = create_gateway(system.gateway).test_client().get("/search?q=river")
    assert (answer.status_code, "run `marquee search build`" in answer.get_json()["detail"]) == (503, True)
    system.close()


@pytest.mark.parametrize(
    ("serving", "wanted", "held", "chosen"),
    [
        (None, "b", {"x": {"b": [0, 1]}}, "b"),
        ("a", "b", {"x": {"a": [0, 1], "b": [0]}, "y": {"b": [1]}}, "b"),
        ("a", "b", {"x": {"a": [0, 1], "b": [0]}}, "a"),
        ("b", "b", {"x": {"a": [0, 1], "b": [0]}}, "a"),  # back, as it ceases to hold
        ("b", "b", {}, "b"),  # nothing is whole: it stays
        (None, None, {}, "a"),
        ("gone", "unknown", {"x": {"unknown": [0, 1]}}, "a"),
    ],
)
def test_the_version_that_is_served(
    serving: str | None, wanted: str | None, held: dict[str, dict[str, list[int]]], chosen: str
) -> None:
    assert choose(serving, wanted, {"a": 2, "b": 2}, held) == chosen


def test_numbers_travel_exactly() -> None:
    rows, near = np.array([3, 1], np.int32), np.array([0.1, -0.25], np.float32)
    back = answer_from_bytes(answer_to_bytes(rows, near))
    assert back[0].tolist() == [3, 1]
    assert np.array_equal(back[1], near)
    question = Question(near, [7, 9], 100, [5], [1990, 1991])
    version, read = question_from_bytes(question_to_bytes("index-\u00e9", question))
    assert version == "index-\u00e9"
    assert np.array_equal(read.vector, near)
    assert (read.clusters, read.count, read.rows, read.years) == ([7, 9], 100, [5], [1990, 1991])


@pytest.mark.parametrize("cut", [0, 3, 8, 15, 23])
def test_half_an_answer_is_none(cut: int) -> None:
    whole = answer_to_bytes(np.array([3, 1], np.int32), np.zeros(2, np.float32))
    assert len(whole) == 24
    with pytest.raises(WireError):
        answer_from_bytes(whole[:cut])
