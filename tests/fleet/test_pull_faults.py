"""What may happen while a version is brought: nothing of it is ever visible before it is whole."""

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.artifact import load
from auto_deployment.fleet.errors import RoomError, StoppedError, StoreError
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.throttle import MB, Throttle
from tests.support.fleet import NOW, V1, V2, V3, Node
from tests.support.small_disk import small_disk


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a node that serves V1 and is about to be told of V2."""
    node = Node(tmp_path)
    node.publish(V1, "stable")
    node.agent.look()
    node.files.parts.clear()
    return node


def still_serves_the_old(node: Node) -> bool:
    return node.volume.versions() == [V1] and node.volume.link("stable") == V1


def staged(node: Node) -> list[str]:
    return [path.name for path in (node.root / "films" / "staged").iterdir()]


def test_a_damaged_file_is_fetched_again_and_then_the_version_is_refused(node: Node) -> None:
    folder = node.publish(V2, "stable", seed=2)
    content = (folder / "item_factors.npy").read_bytes()
    (folder / "item_factors.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    state = node.agent.look()
    assert "item_factors.npy" in state.refused[V2]
    assert [name for name, start, _ in node.files.parts if start == 0].count("item_factors.npy") == 2
    assert still_serves_the_old(node)
    assert staged(node) == []
    node.files.parts.clear()
    node.agent.look()
    assert node.files.parts == []  # it is left alone until the channels are set again


def test_a_file_that_came_damaged_once_is_fetched_again_and_taken(node: Node) -> None:
    folder = node.publish(V2, "stable", seed=2)
    path, content = folder / "item_factors.npy", (folder / "item_factors.npy").read_bytes()
    path.write_bytes(b"?" + content[1:])

    def mend(what: str, asked: str, start: int) -> None:
        if what == "read_part" and any(name == "item_factors.npy" for name, _, _ in node.files.parts):
            path.write_bytes(content)

    node.files.on = mend
    state = node.agent.look()
    assert state.channels["stable"].confirmed == V2
    assert node.puller.counted.fetched_again == 1


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-5])])
def test_a_manifest_that_names_a_missing_or_short_file_brings_no_version(
    node: Node, harm: Callable[[Path], object]
) -> None:
    harm(node.publish(V2, "stable", seed=2) / "user_factors.npy")
    state = node.agent.look()
    assert "user_factors.npy" in state.channels["stable"].fault
    assert still_serves_the_old(node)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"content_hash": "x", "format": 2}'])
def test_a_damaged_manifest_brings_no_version(node: Node, content: bytes) -> None:
    (node.publish(V2, "stable", seed=2) / "manifest.json").write_bytes(content)
    assert V2 in node.agent.look().refused
    assert still_serves_the_old(node)


def test_a_manifest_of_another_version_brings_no_version(node: Node) -> None:
    folder = node.publish(V2, "stable", seed=2)
    node.publish(V3, seed=3)
    shutil.copy(node.stored(V3) / "manifest.json", folder)
    assert "that of" in node.agent.look().refused[V2]
    assert still_serves_the_old(node)


def test_a_version_that_is_deleted_while_it_is_pulled_is_dropped(node: Node) -> None:
    node.publish(V2, "stable", seed=2)

    def delete(what: str, path: str, start: int) -> None:
        if what == "read_part" and len(node.files.parts) == 3:
            node.delete(V2)

    node.files.on = delete
    state = node.agent.look()
    assert "has no" in state.channels["stable"].fault
    assert still_serves_the_old(node)
    assert staged(node) == []


def test_a_store_that_fails_in_the_middle_costs_only_what_is_left(node: Node) -> None:
    node.publish(V2, "stable", seed=2)
    node.throttle = Throttle(0.1, sleep=lambda _: None)  # parts of 5 kB
    node.start()
    calls = [0]

    def fail_at_times(what: str, path: str, start: int) -> None:
        calls[0] += what == "read_part"
        if what == "read_part" and calls[0] % 7 == 0:
            raise StoreError("The model store does not answer.")

    node.files.on = fail_at_times
    looks = 0
    while node.volume.link("stable") != V2:
        state = node.agent.look()
        looks += 1
        assert looks < 50
        assert node.volume.link("stable") in (V1, V2)
    assert looks > 1
    assert state.channels["stable"].confirmed == V2
    fetched = sorted((name, start) for name, start, _ in node.files.parts)
    assert len(fetched) == len(set(fetched))  # nothing came twice


def test_who_is_told_to_stop_stops_in_the_middle_and_goes_on_there_later(node: Node) -> None:
    node.publish(V2, "stable", seed=2)

    def stop(what: str, path: str, start: int) -> None:
        if what == "read_part" and len(node.files.parts) == 4:
            raise StoppedError("stop")

    node.files.on = stop
    with pytest.raises(StoppedError):
        node.agent.look()
    node.files.on = lambda *_: None
    node.start()
    assert still_serves_the_old(node)
    assert node.agent.look().channels["stable"].confirmed == V2
    fetched = [(name, start) for name, start, _ in node.files.parts]
    assert len(fetched) == len(set(fetched))


@pytest.mark.parametrize("after", [0, 3])
def test_a_disk_that_is_full_in_the_middle_gets_back_what_the_pull_took(
    node: Node, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    node.publish(V2, "stable", seed=2)

    def full(what: str, path: str, start: int) -> None:
        if what == "read_part" and len(node.files.parts) >= after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    node.files.on = full
    state = node.agent.look()
    assert "make room" in state.channels["stable"].fault
    assert still_serves_the_old(node)
    assert staged(node) == []
    node.files.on = lambda *_: None
    assert node.agent.look().channels["stable"].confirmed == V2


def test_a_real_disk_that_others_fill_in_the_middle_gets_back_what_the_pull_took(tmp_path: Path) -> None:
    with small_disk(tmp_path / "node", "256k"):
        node = Node(tmp_path)
        node.publish(V1, "stable")
        assert node.agent.look().channels["stable"].confirmed == V1
        free = node.volume.free_bytes()
        node.publish(V2, "stable", seed=2)
        filler = node.root / "filler"

        def fill(what: str, path: str, start: int) -> None:
            if what == "read_part" and not filler.exists():
                with suppress(OSError), filler.open("wb", buffering=0) as file:
                    while file.write(bytes(4096)):
                        pass

        node.files.on = fill
        state = node.agent.look()
        assert "make room" in state.channels["stable"].fault
        assert (still_serves_the_old(node), staged(node), state.refused) == (True, [], {})
        load(node.root / "films" / "channels" / "stable")
        filler.unlink()
        assert node.volume.free_bytes() == free
        node.files.on = lambda *_: None
        assert node.agent.look().channels["stable"].confirmed == V2


def test_a_full_disk_first_loses_what_nobody_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(tmp_path, FleetParams(keep=2, min_free_mb=1))
    for number, version in enumerate((V1, V2)):
        node.publish(version, "stable", seed=number)
        node.agent.look()
    node.publish(V3, "stable", seed=9)
    # Full, as long as what nobody uses is here.
    monkeypatch.setattr(node.volume, "free_bytes", lambda: 0 if V1 in node.volume.versions() else 10 * MB)
    assert node.agent.look().channels["stable"].confirmed == V3
    assert V1 not in node.volume.versions()


def test_a_version_that_does_not_fit_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(tmp_path, FleetParams(min_free_mb=100))
    node.publish(V1, "stable")
    monkeypatch.setattr(node.volume, "free_bytes", lambda: 99 * MB)
    with pytest.raises(RoomError, match="99 MB and"):
        node.puller.pull(V1)
    assert node.files.parts == []
    assert node.volume.versions() == []


def test_a_limit_holds_over_the_whole_pull() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    throttle = Throttle(20, clock=lambda: now[0], sleep=sleep)
    for _ in range(650):
        now[0] += 0.01  # what the request itself takes
        throttle.paid(MB)
    assert now[0] == pytest.approx(650 / 20, rel=0.01)
    assert throttle.chunk == MB
    Throttle(0, sleep=sleep).paid(10**12)
    assert len(slept) == 650


def test_what_was_begun_for_a_version_that_nobody_wants_any_more_goes(node: Node) -> None:
    node.publish(V2, "stable", seed=2)

    def fail(what: str, path: str, start: int) -> None:
        if what == "read_part" and len(node.files.parts) == 2:
            raise StoreError("away")

    node.files.on = fail
    node.agent.look()
    assert staged(node) == [V2]
    node.files.on = lambda *_: None
    node.store.move({"stable": V1}, NOW)
    node.agent.look()
    assert staged(node) == []
