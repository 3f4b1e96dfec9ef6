"""What an agent does about an S3 store that errs, is slow, cuts off, lets nobody in, or loses a version."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.fleet.channels import Channels, render
from auto_deployment.fleet.remote import RemoteFiles
from auto_deployment.fleet.throttle import Throttle
from tests.support.fleet import NOW, V1, V2, V3, Node
from tests.support.meddling_proxy import Meddling, Proxy, meddling
from tests.support.s3_server import HOME, S3Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HOME.exists(), reason="needs an S3 server: make .venv-s3/.done"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the clients among themselves
]
A_PART = "item_factors.npy"


@pytest.fixture(scope="module")
def bucket(server: S3Server) -> str:
    """Return one bucket for all: a version that is there already is not uploaded again."""
    return server.bucket()


@pytest.fixture
def proxy(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with meddling(server.url) as proxy:
        for name, value in {**server.environ, "AWS_ENDPOINT_URL": proxy.url}.items():
            monkeypatch.setenv(name, value)
        yield proxy


@pytest.fixture
def node(bucket: str, proxy: Proxy, tmp_path: Path) -> Node:
    """Return a node that serves V1 and is about to be told of V2, in a store behind the proxy."""
    node = Node(tmp_path, files=RemoteFiles(f"s3://{bucket}/some/where"))
    node.publish(V1, "stable")
    assert node.agent.look().channels["stable"].confirmed == V1
    node.publish(V2, "stable", seed=2)
    node.files.parts.clear()
    return node


def still_serves_the_old(node: Node) -> bool:
    return node.volume.versions() == [V1] and node.volume.link("stable") == V1


@pytest.mark.parametrize(
    "fault",
    [Meddling(status=500), Meddling(status=503), Meddling(body_share=0.5)],
    ids=["errs", "is busy", "cuts off"],
)
def test_a_store_that_fails_in_the_middle_is_asked_again_for_what_is_left(
    node: Node, proxy: Proxy, fault: Meddling
) -> None:
    proxy.on = lambda method, path: fault if A_PART in path else Meddling()
    state = node.agent.look()
    assert "cannot be used" in state.channels["stable"].fault
    assert state.refused == {}
    assert still_serves_the_old(node)
    proxy.on = lambda method, path: Meddling()
    assert node.agent.look().channels["stable"].confirmed == V2
    came = [name for name, start, _ in node.files.parts if start == 0]
    assert len(came) == len(set(came))  # nothing came twice


@pytest.mark.usefixtures("impatient")
def test_a_store_that_is_too_slow_is_asked_again_later(node: Node, proxy: Proxy, bucket: str) -> None:
    patient, node.files.inner = node.files.inner, RemoteFiles(f"s3://{bucket}/some/where")
    proxy.on = lambda method, path: Meddling(late_s=1 if A_PART in path else 0)
    assert "cannot be used" in str(node.agent.look())
    assert still_serves_the_old(node)
    proxy.on, node.files.inner = lambda method, path: Meddling(), patient
    assert node.agent.look().channels["stable"].confirmed == V2


def test_an_error_that_passes_is_not_even_seen(node: Node, proxy: Proxy) -> None:
    asked: list[str] = []

    def err_once(method: str, path: str) -> Meddling:
        asked.append(path)
        return Meddling(status=500 if A_PART in path and sum(A_PART in one for one in asked) == 1 else 0)

    proxy.on = err_once
    state = node.agent.look()
    assert sum(A_PART in one for one in asked) == 2
    assert (state.channels["stable"].confirmed, state.channels["stable"].fault) == (V2, "")


def test_a_store_that_errs_whatever_it_is_asked_leaves_a_node_with_what_it_has(
    node: Node, proxy: Proxy
) -> None:
    proxy.on = lambda method, path: Meddling(status=500)
    for _ in range(2):
        state = node.agent.look()
        assert "cannot be used" in state.store_fault
        assert state.channels["stable"].confirmed == V1
        node.start()
    assert still_serves_the_old(node)
    proxy.on = lambda method, path: Meddling()
    assert node.agent.look().channels["stable"].confirmed == V2


def test_a_slow_store_brings_a_version_late_and_gives_a_sign_for_each_part(node: Node, proxy: Proxy) -> None:
    node.throttle = Throttle(0.05, sleep=lambda _: None)  # parts of 4 kB
    node.start()
    signs: list[int] = []
    node.files.on = lambda what, path, start: signs.append(start) if what == "read_part" else None
    proxy.on = lambda method, path: Meddling(late_s=0.05)
    state = node.agent.look()
    assert (state.channels["stable"].confirmed, state.store_fault) == (V2, "")
    assert len(signs) == len(node.files.parts) > 5


def test_credentials_that_are_refused_are_said_and_cost_nothing_that_is_served(
    node: Node, server: S3Server
) -> None:
    server.ask_who(True)
    try:
        state = node.agent.look()
    finally:
        server.ask_who(False)
    assert "check the credentials" in state.store_fault
    assert "a secret" not in state.store_fault
    assert state.channels["stable"].confirmed == V1
    assert node.agent.look().channels["stable"].confirmed == V2


def test_a_version_that_is_deleted_while_it_is_pulled_is_dropped(node: Node, proxy: Proxy) -> None:
    def delete(what: str, path: str, start: int) -> None:
        if what == "read_part" and len(node.files.parts) == 3:
            node.files.on = lambda *_: None
            for name in node.files.names(node.store.path(V2)):
                node.files.remove(node.store.path(V2, name))

    node.files.on = delete
    state = node.agent.look()
    assert f"has no models/films/{V2}" in state.channels["stable"].fault
    assert state.refused == {}
    assert still_serves_the_old(node)
    assert list((node.root / "films" / "staged").iterdir()) == []


def test_a_channel_that_points_to_what_does_not_exist_changes_nothing(node: Node) -> None:
    node.files.write(node.store.path("channels.json"), render(Channels().with_({"stable": V3}, NOW)))
    state = node.agent.look()
    assert f"no version {V3}" in state.channels["stable"].fault
    assert state.channels["stable"].behind_since is not None
    assert still_serves_the_old(node)
    node.store.move({"stable": V2}, NOW)
    assert node.agent.look().channels["stable"].confirmed == V2
