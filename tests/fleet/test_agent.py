"""What an agent does at a look: bring, link, confirm, prune; and go on with what it has."""

import json
from pathlib import Path

import pytest

from app.serving import load_tested
from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.volume import prunable
from tests.support.fleet import NOW, V1, V2, V3, V4, V5, Node


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_what_is_wanted_is_brought_and_serves(node: Node) -> None:
    node.publish(V1, "stable")
    state = node.agent.look()
    assert (state.channels["stable"].confirmed, state.channels["stable"].fault) == (V1, "")
    assert load_tested(node.root / "films" / "channels" / "stable").model.version == V1
    assert state.versions == (V1,)


def test_a_second_version_brings_only_what_differs(node: Node) -> None:
    node.publish(V1, "stable")
    node.agent.look()
    node.files.parts.clear()
    folder = node.publish(V2, "stable", title="Another title (2026)")
    node.agent.look()
    assert {name for name, _, _ in node.files.parts} == {"movies.json"}
    assert node.puller.counted.linked_bytes > 0
    assert load_tested(node.volume.version(V2)).model.version == V2
    assert (node.volume.version(V2) / "movies.json").read_bytes() == (folder / "movies.json").read_bytes()


def test_a_file_that_is_damaged_here_is_fetched_and_not_linked(node: Node) -> None:
    node.publish(V1, "stable")
    node.agent.look()
    damaged = node.volume.version(V1) / "user_bias.npy"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1] + b"?")
    node.files.parts.clear()
    node.publish(V2, "stable")
    node.agent.look()
    assert {name for name, _, _ in node.files.parts} == {"user_bias.npy"}
    assert load_tested(node.volume.version(V2)).model.version == V2


def test_each_channel_is_followed_by_itself(tmp_path: Path) -> None:
    node = Node(tmp_path, stable=None, canary=None)
    node.publish(V1, "stable", "canary")
    node.publish(V2, "canary", seed=2)
    state = node.agent.look()
    assert {name: one.confirmed for name, one in state.channels.items()} == {"stable": V1, "canary": V2}


def test_without_the_store_it_goes_on_with_what_it_has_also_after_a_restart(node: Node) -> None:
    node.publish(V1, "stable")
    node.agent.look()

    def away(what: str, path: str, start: int) -> None:
        raise StoreError("The model store is away.")

    node.files.on = away
    for _ in range(2):
        state = node.agent.look()
        assert state.store_fault == "The model store is away."
        assert state.channels["stable"].confirmed == state.channels["stable"].wanted == V1
        assert node.volume.link("stable") == V1
        node.start()


def test_a_channel_that_points_to_what_does_not_exist_changes_nothing(node: Node) -> None:
    node.publish(V1, "stable")
    node.agent.look()
    node.publish(V2, "stable", seed=2)
    node.delete(V2)
    state = node.agent.look()
    assert V2 in state.channels["stable"].fault
    assert state.channels["stable"].answers == state.channels["stable"].linked == V1
    assert state.channels["stable"].behind_since is not None


def test_a_rejected_version_is_not_delivered_even_where_a_channel_wants_it(node: Node) -> None:
    node.publish(V1, "stable")
    node.agent.look()
    node.publish(V2, "stable", seed=2)
    node.store.reject(json.loads(node.store.manifest(V2))["content_hash"], {"release": "r"})
    state = node.agent.look()
    assert "rejected" in state.refused[V2]
    assert node.volume.link("stable") == V1
    assert state.versions == (V1,)


def test_a_service_that_does_not_take_a_model_gets_its_own_back_and_the_model_is_left_alone(
    node: Node,
) -> None:
    node.publish(V1, "stable")
    node.agent.look()
    node.obedient = False  # it says V1, whatever it is pointed to
    node.publish(V2, "stable", seed=2)
    assert node.agent.look().channels["stable"].linked == V2
    node.now += node.params.confirm_max_s + 1
    state = node.agent.look()
    assert state.channels["stable"].linked == V1
    assert "does not take" in state.channels["stable"].fault
    node.start()
    assert node.agent.look().channels["stable"].linked == V1  # not tried again
    node.obedient = True
    node.store.move({"stable": V1}, NOW)
    node.agent.look()
    node.store.move({"stable": V2}, NOW)
    assert node.agent.look().channels["stable"].confirmed == V2  # set again: tried again


def test_a_service_that_is_away_proves_nothing_against_a_model(node: Node) -> None:
    node.publish(V1, "stable")
    node.agent.look()
    node.obedient, node.says["stable"] = False, None
    node.publish(V2, "stable", seed=2)
    node.agent.look()
    node.now += 10_000
    state = node.agent.look()
    assert (state.channels["stable"].linked, state.refused) == (V2, {})
    assert V1 in state.versions  # it may still be what is served


def test_the_old_version_goes_only_when_the_new_one_answers(tmp_path: Path) -> None:
    node = Node(tmp_path, FleetParams(keep=0, min_free_mb=0))
    node.publish(V1, "stable")
    node.agent.look()
    node.obedient = False
    node.publish(V2, "stable", seed=2)
    assert node.agent.look().versions == (V1, V2)
    node.obedient = True
    assert node.agent.look().versions == (V2,)


def test_the_newest_that_nobody_uses_stay(tmp_path: Path) -> None:
    node = Node(tmp_path, FleetParams(keep=2, min_free_mb=0))
    for version in (V1, V2, V3, V4, V5):
        node.publish(version, "stable", seed=int(version[7]))
        node.agent.look()
    assert node.volume.versions() == [V3, V4, V5]


def test_what_is_used_never_goes() -> None:
    assert prunable(["a", "b", "c", "d"], {"a", "d"}, 1) == ["b"]
    assert prunable(["a", "b", "c", "d"], {"a", "d"}, 0) == ["b", "c"]
    assert prunable(["a"], {"a"}, 0) == []
    assert prunable(["a"], set(), 2) == []
