"""A store at an S3 address, against a real S3 interface."""

from pathlib import Path

import pytest

from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.remote import RemoteFiles
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import V1, V2, Node
from tests.support.s3_server import HOME, S3Server
from tests.support.store_stories import ServerStories

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


class TestS3(ServerStories):
    """What holds of every store."""


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
