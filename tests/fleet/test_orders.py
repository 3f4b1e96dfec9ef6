"""What a node makes of what it is asked: once, and for as long as it was asked for."""

import json
from pathlib import Path

import pytest

from auto_deployment.fleet.errors import StoreError
from auto_deployment.fleet.orders import DONE, FAILED, UNDER_WAY, Do, Order
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.state import AgentState, read_state
from tests.support.fleet import NOW, V1, V2, V3, V4, Node


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a node that serves V1, with V2 in the store."""
    node = Node(tmp_path)
    node.publish(V1, "stable")
    node.agent.look()
    node.publish(V2, seed=2)
    return node


def pin(version: str, id_: str = "pin", channel: str = "stable") -> Order:
    return Order(id_, Do.PIN, channel, version)


def outcome(state: AgentState, id_: str) -> tuple[str, str]:
    found = state.orders[id_]
    return found.how, found.said


def test_a_pinned_version_serves_whatever_the_channel_wants_until_it_is_unpinned(node: Node) -> None:
    state = node.agent.look([pin(V2)])
    assert outcome(state, "pin") == (DONE, f"stable: {V2}")
    assert (node.volume.link("stable"), state.channels["stable"].wanted) == (V2, V1)
    assert state.channels["stable"].behind_since is None
    node.publish(V3, "stable", seed=3)
    node.start()  # and no master is there to say it again
    state = node.agent.look()
    assert (node.volume.link("stable"), state.channels["stable"].pinned) == (V2, V2)
    state = node.agent.look([Order("unpin", Do.UNPIN)])
    assert outcome(state, "unpin")[0] == DONE
    assert (node.volume.link("stable"), state.channels["stable"].pinned) == (V3, None)


def test_a_pinned_version_is_never_pruned(node: Node) -> None:
    node.agent.look([pin(V1)])
    for version in (V3, V4):
        node.publish(version, "stable", seed=int(version[7]))
        node.agent.look([pin(V1)])
    state = node.agent.look([pin(V1), Order("prune", Do.PRUNE)])
    assert V1 in state.versions
    assert node.volume.link("stable") == V1


def test_what_is_pulled_and_pruned_in_one_look_is_gone_and_nobody_waits_for_it(node: Node) -> None:
    state = node.agent.look([Order("pull", Do.PULL, version=V2), Order("prune", Do.PRUNE)])
    assert V2 not in state.versions
    assert outcome(state, "pull") == (FAILED, "A prune that was asked for after it has removed it.")


def test_a_pin_that_the_store_does_not_have_leaves_what_serves_and_says_why(node: Node) -> None:
    state = node.agent.look([pin(V4)])
    assert outcome(state, "pin") == (UNDER_WAY, f"The model store has no version {V4} of films.")
    assert node.volume.link("stable") == V1
    node.publish(V4, seed=4)
    assert outcome(node.agent.look([pin(V4)]), "pin")[0] == DONE


def test_a_pin_on_what_is_rejected_fails_unless_it_is_here(node: Node) -> None:
    node.store.reject(json.loads(node.store.manifest(V2))["content_hash"], {"release": "r"})
    how, said = outcome(node.agent.look([pin(V2)]), "pin")
    assert (how, "rejected" in said) == (FAILED, True)
    assert node.volume.link("stable") == V1


def test_a_channel_that_the_node_does_not_follow_is_told_so(node: Node) -> None:
    state = node.agent.look([pin(V2, channel="canary")])
    assert outcome(state, "pin") == (FAILED, "This node does not follow canary.")
    assert state.pins == {}


def test_a_version_is_pulled_before_anything_wants_it_and_kept_until_somebody_prunes(tmp_path: Path) -> None:
    node = Node(tmp_path, FleetParams(keep=0, min_free_mb=0))
    for version in (V1, V2, V3, V4):
        node.publish(version, "stable", seed=int(version[7]))
    node.agent.look()
    pull = Order("pull", Do.PULL, version=V1)
    state = node.agent.look([pull])
    assert outcome(state, "pull") == (DONE, f"{V1} is here.")
    assert (node.volume.link("stable"), state.versions) == (V4, (V1, V4))
    node.agent.look([pull, Order("again", Do.PULL, version=V2)])
    node.start()
    node.agent.look()
    assert node.volume.versions() == [V1, V2, V4]
    state = node.agent.look([Order("prune", Do.PRUNE)])
    assert outcome(state, "prune") == (DONE, f"This node holds {V4}.")
    assert state.versions == (V4,)


def test_a_pull_of_what_is_not_there_fails_and_one_from_a_store_that_is_away_goes_on(node: Node) -> None:
    how, said = outcome(node.agent.look([Order("one", Do.PULL, version=V4)]), "one")
    assert (how, said) == (FAILED, f"The model store has no version {V4} of films.")

    def away(what: str, path: str, start: int) -> None:
        raise StoreError("The model store is away.")

    node.files.on = away
    two = Order("two", Do.PULL, version=V2)
    assert outcome(node.agent.look([two]), "two") == (UNDER_WAY, "The model store is away.")
    node.files.on = lambda what, path, start: None
    assert outcome(node.agent.look([two]), "two") == (DONE, f"{V2} is here.")


def test_a_pull_tries_again_what_was_refused(node: Node) -> None:
    node.store.move({"stable": V2}, NOW)
    damaged = node.stored(V2) / "user_bias.npy"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1] + b"?")
    assert V2 in node.agent.look().refused
    how, _ = outcome(node.agent.look([Order("one", Do.PULL)]), "one")
    assert how == FAILED  # it is still damaged
    damaged.write_bytes(content)
    assert outcome(node.agent.look([Order("two", Do.PULL)]), "two") == (DONE, f"stable: {V2}")
    assert node.volume.link("stable") == V2


def test_a_reload_links_again_and_is_done_when_the_service_answers_with_it(node: Node) -> None:
    before = (node.root / "films" / "channels" / "stable").lstat().st_ino
    node.obedient, node.says["stable"] = False, V3
    reload = Order("one", Do.RELOAD)
    assert outcome(node.agent.look([reload]), "one")[0] == UNDER_WAY
    linked = (node.root / "films" / "channels" / "stable").lstat().st_ino
    assert linked != before
    node.now += 1
    assert outcome(node.agent.look([reload]), "one")[0] == UNDER_WAY
    assert (node.root / "films" / "channels" / "stable").lstat().st_ino == linked  # once
    node.obedient = True
    assert outcome(node.agent.look([reload]), "one") == (DONE, f"stable: {V1}")


def test_a_reload_that_the_service_does_not_follow_fails_after_a_while(node: Node) -> None:
    node.obedient, node.says["stable"] = False, None
    reload = Order("one", Do.RELOAD)
    node.agent.look([reload])
    node.now += node.params.confirm_max_s + 1
    how, said = outcome(node.agent.look([reload]), "one")
    assert (how, said) == (FAILED, f"The service of stable answers nothing, not {V1}.")


def test_an_order_is_done_once_however_often_it_is_heard_also_after_a_restart(node: Node) -> None:
    node.agent.look([pin(V2)])
    node.agent.look([Order("unpin", Do.UNPIN), pin(V2)])
    assert node.agent.state.pins == {}
    node.start()
    node.agent.look([pin(V2)])
    assert node.agent.state.pins == {}


def test_what_the_master_no_longer_asks_for_is_forgotten_and_no_answer_forgets_nothing(node: Node) -> None:
    node.agent.look([pin(V2)])
    assert set(node.agent.look(None).orders) == {"pin"}
    assert node.agent.look([]).orders == {}
    assert node.agent.state.pins == {"stable": V2}


def test_an_order_of_a_newer_master_is_said_to_be_unknown(node: Node) -> None:
    how, said = outcome(node.agent.look([Order("one", "dance")]), "one")
    assert (how, "older version" in said) == (FAILED, True)


def test_what_a_node_could_not_write_down_is_not_said_to_be_done(node: Node) -> None:
    """With a full disk a restart would forget it."""
    file = node.root / "agent.json"
    file.unlink()
    file.mkdir()
    how, said = outcome(node.agent.look([pin(V2)]), "pin")
    assert (how, "cannot write down" in said, node.volume.link("stable")) == (UNDER_WAY, True, V2)
    file.rmdir()
    assert outcome(node.agent.look([pin(V2)]), "pin")[0] == DONE
    assert read_state(file).pins == {"stable": V2}


def test_a_state_from_before_there_were_orders_is_read(node: Node) -> None:
    file = node.root / "agent.json"
    found = json.loads(file.read_bytes())
    for name in ("pins", "asked", "orders"):
        del found[name]
    del found["channels"]["stable"]["pinned"]
    file.write_text(json.dumps(found), "utf-8")
    assert read_state(file).channels["stable"].linked == V1


def test_channels_that_move_while_a_version_is_pinned_are_followed_once_it_is_not(node: Node) -> None:
    node.agent.look([pin(V1)])
    node.store.move({"stable": V2}, NOW)
    assert node.agent.look([]).channels["stable"].linked == V1
    assert node.agent.look([Order("unpin", Do.UNPIN, "stable")]).channels["stable"].linked == V2
