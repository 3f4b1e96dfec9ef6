"""A store at an S3 address, against a real S3 interface."""

import threading
from pathlib import Path

import pytest

from auto_deployment.fleet.errors import ChangedError, MissingError, StoreError, UsedError
from auto_deployment.fleet.remote import RemoteFiles
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import NOW, V1, V2, Node, model
from tests.support.s3_server import HOME, S3Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HOME.exists(), reason="needs an S3 server: make .venv-s3/.done"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the clients among themselves
]


@pytest.fixture
def store(address: str) -> ModelStore:
    return ModelStore(RemoteFiles(address), "films")


def test_what_is_published_is_brought_and_a_second_version_costs_what_differs(
    address: str, tmp_path: Path
) -> None:
    node = Node(tmp_path, files=RemoteFiles(address))
    node.publish(V1, "stable")
    assert node.store.versions() == [V1]
    assert node.agent.look().channels["stable"].confirmed == V1
    node.files.parts.clear()
    node.publish(V2, "stable", title="Another title (2026)")
    assert node.agent.look().channels["stable"].confirmed == V2
    assert {name for name, _, _ in node.files.parts} == {"movies.json"}
    node.store.reject("ab" * 32, {"release": "r1"})
    assert node.store.rejected() == {"ab" * 32}


def test_of_two_changes_at_once_one_is_told(store: ModelStore, tmp_path: Path) -> None:
    for version in (V1, V2):
        store.publish(model(tmp_path, version))
    first = store.channels()
    store.move({"stable": V1}, NOW, first)
    with pytest.raises(ChangedError):
        store.move({"stable": V2}, NOW, first)  # If-None-Match
    second = store.channels()
    store.move({"canary": V2}, NOW, second)
    with pytest.raises(ChangedError):
        store.move({"canary": V1}, NOW, second)  # If-Match
    assert store.channels().channels.wanted == {"stable": V1, "canary": V2}
    store.files.remove(store.path("channels.json"))
    with pytest.raises(ChangedError):
        store.move({"stable": V2}, NOW, second)


@pytest.mark.parametrize("is_first", [True, False])
def test_of_many_that_change_from_one_state_exactly_one_succeeds(
    store: ModelStore, tmp_path: Path, is_first: bool
) -> None:
    store.publish(model(tmp_path, V1))
    if not is_first:
        store.move({"stable": V1}, NOW)
    seen, won, lost = store.channels(), [], []

    def change(channel: str) -> None:
        try:
            store.move({channel: V1}, NOW, seen)
            won.append(channel)
        except ChangedError:
            lost.append(channel)

    threads = [threading.Thread(target=change, args=(f"c{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    assert set(store.channels().channels.wanted) == {*won, *([] if is_first else ["stable"])}


def test_a_version_is_deleted_and_whoever_looked_before_cannot_want_it(
    store: ModelStore, tmp_path: Path
) -> None:
    for version in (V1, V2):
        store.publish(model(tmp_path, version))
    store.move({"stable": V1}, NOW)
    before = store.channels()
    with pytest.raises(UsedError):
        store.delete(V1, NOW)
    store.delete(V2, NOW)
    assert (store.versions(), store.files.names(store.path(V2))) == ([V1], [])
    with pytest.raises(ChangedError):
        store.move({"canary": V1}, NOW, before)


def test_a_change_whose_answer_was_lost_and_that_is_sent_again_has_succeeded(store: ModelStore) -> None:
    _, tag = store.files.read_tagged("x.json")
    for _ in range(2):
        store.files.swap("x.json", b"content", tag)
    assert store.files.read("x.json") == b"content"


def test_what_is_not_there_is_not_a_store_that_is_away(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        store.files.read("models/films/x")
    with pytest.raises(MissingError):
        store.files.read_part("models/films/x", 0, 10)
    store.files.write("short", b"123")
    assert store.files.read_part("short", 1, 10) == b"23"
    assert store.files.read_part("short", 3, 10) == b""
    assert store.files.names("nowhere") == []
    store.files.remove("nowhere")


def test_a_bucket_that_is_not_there_is_said(address: str) -> None:
    files = RemoteFiles("s3://no-bucket-of-ours/x")
    for ask in (lambda: files.read_tagged("x"), lambda: files.names("x"), lambda: files.write("x", b"")):
        with pytest.raises(StoreError, match=r"no-bucket-of-ours.*does not exist"):
            ask()


def test_wrong_credentials_are_one_sentence(server: S3Server, address: str) -> None:
    server.ask_who(True)
    try:
        with pytest.raises(StoreError, match="check the credentials") as refusal:
            ModelStore(RemoteFiles(address), "films").channels()
    finally:
        server.ask_who(False)
    assert "a secret" not in str(refusal.value)


def test_no_credentials_are_one_sentence(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(StoreError, match="check the credentials"):
        ModelStore(RemoteFiles(address), "films").channels()


@pytest.mark.usefixtures("impatient")
def test_a_store_that_hangs_costs_nothing_that_is_served(
    server: S3Server, address: str, tmp_path: Path
) -> None:
    node = Node(tmp_path, files=RemoteFiles(address))
    node.publish(V1, "stable")
    node.agent.look()
    node.publish(V2, "stable", seed=2)
    with server.hung():
        state = node.agent.look()
    assert "cannot be used" in state.store_fault
    assert state.channels["stable"].confirmed == V1
    assert node.agent.look().channels["stable"].confirmed == V2


@pytest.mark.usefixtures("impatient")
def test_a_store_that_is_away_is_said_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreError, match="Could not connect"):
        ModelStore(RemoteFiles(address), "films").channels()
