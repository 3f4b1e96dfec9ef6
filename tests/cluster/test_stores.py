"""A model store at Google's and Azure's storage: real clients, and a server of each interface."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
import requests

from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.remote import RemoteFiles, clients
from auto_deployment.fleet.store import ModelStore
from tests.support.fleet import V1, V2, Node
from tests.support.ports import free_port
from tests.support.store_stories import ServerStories
from tests.support.waiting import eventually

# The account that Azurite always has, by its documentation.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
ACCOUNT = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};BlobEndpoint="
pytestmark = pytest.mark.filterwarnings("ignore")  # of the clients among themselves


def _program(variable: str, name: str) -> str:
    found = shutil.which(os.environ.get(variable) or name)
    assert found, f"{name} is missing: see tests/cluster/README.md, or name it by {variable}"
    return found


def _words(kind: str, port: int) -> list[str]:
    if kind == "az":
        blob = _program("AZURITE_BLOB", "azurite-blob")
        options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]
        return [blob, "--blobHost", "127.0.0.1", "--blobPort", str(port), *options]
    server = _program("FAKE_GCS_SERVER", "fake-gcs-server")
    options = ["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    return [server, *options, "-public-host", f"127.0.0.1:{port}"]


@pytest.fixture(scope="module", params=["az", "gs"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, and let its client be found and know where it is."""
    folder, port = tmp_path_factory.mktemp(kind), free_port()
    url = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("wb") as log:
        if home := os.environ.get("STORES_LIBRARIES"):
            patch.setattr(sys, "path", [*sys.path, home])
            import google

            google.__path__.append(f"{home}/google")
        patch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"{ACCOUNT}{url}/devstoreaccount1;")
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        patch.setattr(clients, "PATIENCE_S", 3)
        with subprocess.Popen(_words(kind, port), cwd=folder, stdout=log, stderr=log) as process:
            eventually(lambda: requests.get(url, timeout=5).status_code, saying=(folder / "log").read_text)
            yield process
            process.kill()


@pytest.fixture
def address(kind: str, server: subprocess.Popen[bytes]) -> str:
    name = f"models-{uuid4().hex[:12]}"
    fsspec.filesystem(kind, skip_instance_cache=True).mkdir(name)
    return f"{kind}://{name}/some/where"


@pytest.fixture
def store(address: str) -> ModelStore:
    return ModelStore(RemoteFiles(address), "films")


def test_what_is_published_is_brought(address: str, tmp_path: Path) -> None:
    node = Node(tmp_path, files=RemoteFiles(address))
    for version, title in ((V1, ""), (V2, "Another title (2026)")):
        node.publish(version, "stable", title=title)
        assert node.agent.look().channels["stable"].confirmed == version
    node.store.reject("ab" * 32, {"release": "r1"})
    assert node.store.rejected() == {"ab" * 32}


class TestClouds(ServerStories):
    """What holds of every store."""


def test_a_bucket_that_is_not_there_is_said(kind: str, address: str) -> None:
    files = RemoteFiles(f"{kind}://no-bucket-of-ours/x")
    for ask in (
        lambda: files.read_tagged("x"),
        lambda: files.write("x", b""),
        lambda: files.swap("x", b"", None),
    ):
        with pytest.raises(StoreError, match=r"no-bucket-of-ours.* is not there"):
            ask()


def test_a_store_that_hangs_is_said_and_is_used_again(
    server: subprocess.Popen[bytes], address: str, tmp_path: Path
) -> None:
    node = Node(tmp_path, files=RemoteFiles(address))
    node.publish(V1, "stable")
    node.agent.look()
    server.send_signal(signal.SIGSTOP)
    try:
        state = node.agent.look()
    finally:
        server.send_signal(signal.SIGCONT)
    assert "cannot be used (no answer for 3 s)" in state.store_fault
    assert state.channels["stable"].confirmed == V1
    assert not node.agent.look().store_fault


@pytest.mark.parametrize("kind", ["az"], indirect=True)  # the other server lets everybody in
def test_a_key_that_is_not_the_accounts_is_one_sentence(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = os.environ["AZURE_STORAGE_CONNECTION_STRING"]
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text.replace("AccountKey=Eby8", "AccountKey=aby8"))
    with pytest.raises(StoreError, match="check the credentials"):
        RemoteFiles(address).read_tagged("x")
