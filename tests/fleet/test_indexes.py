"""Search indexes through the store: whole or in parts, and never damaged."""

from pathlib import Path

import pytest

from auto_deployment.cli import main
from auto_deployment.errors import BadInputError
from auto_deployment.fleet.agent import Agent, AgentParts
from auto_deployment.fleet.errors import DamagedError
from auto_deployment.fleet.kinds import index_of
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.pull import Puller
from auto_deployment.fleet.throttle import Throttle
from auto_deployment.fleet.volume import Volume
from search.build import build
from search.index_files import clusters_of, open_head, open_part, save
from search.index_format import BrokenIndexError
from search.local import open_local
from search.shard import part_of
from tests.support.fleet import NOW, Node
from tests.support.search import QUICK, WordVectors, small_catalogue


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def publish(node: Node, movies: int = 100) -> str:
    """Publish an index and let it be wanted."""
    built = build(small_catalogue(movies), WordVectors(), QUICK)
    folder = node.models / f"index-{movies}"
    version = str(save(folder, built.head, built.clusters)["version"])
    store = node.store.of_indexes()
    store.publish(folder)
    store.move({"stable": version}, NOW)
    return version


def agent_of(node: Node, parts: str) -> tuple[Agent, Volume]:
    """Return an agent of the node that brings some parts of indexes."""
    store = node.store.of_indexes()
    volume = Volume(node.root, store.name, index_of(parts.split(",")))
    volume.open()
    puller = Puller(store, volume, Throttle(0), 0)
    parts_of = AgentParts("node-1", store, volume, puller, {"stable": None}, node.root / "agent.json")
    return Agent(parts_of, FleetParams(min_free_mb=0), lambda: 1_000_000.0), volume


def linked(node: Node) -> Path:
    return node.root / "films-index" / "channels" / "stable"


def test_an_agent_brings_a_whole_index_that_is_searched_as_it_was_published(node: Node) -> None:
    version = publish(node)
    agent, volume = agent_of(node, "all")
    assert agent.look().channels["stable"].confirmed == version
    published = open_local(node.models / "index-100", WordVectors())
    brought = open_local(linked(node), WordVectors())
    assert volume.has(version)
    assert brought.find("golden castle", 10) == published.find("golden castle", 10)


def test_a_shards_host_gets_its_own_clusters_and_nothing_else(node: Node) -> None:
    publish(node)
    agent, _ = agent_of(node, "1")
    agent.look()
    published = node.models / "index-100"
    names = {path.name for path in linked(node).resolve().iterdir()}
    clusters = clusters_of(published, 1)
    assert names == {"manifest.json", "shards.json"} | {
        f"cluster-{one:05}-{what}.npy" for one in clusters for what in ("vectors", "movies")
    }
    assert part_of(1, linked(node)).spans == open_part(published, clusters).spans
    with pytest.raises(BrokenIndexError, match="incomplete"):
        part_of(0, linked(node))


def test_a_gateways_host_gets_no_vectors(node: Node) -> None:
    version = publish(node)
    agent, _ = agent_of(node, "gateway")
    agent.look()
    assert open_head(linked(node)).version == version
    assert not list(linked(node).glob("cluster-*"))


def test_a_host_that_is_given_more_parts_fetches_only_those(node: Node) -> None:
    version = publish(node)
    agent_of(node, "1")[0].look()
    had = {path.name for path in linked(node).iterdir()}
    node.files.parts.clear()
    agent, volume = agent_of(node, "1,gateway")
    assert not volume.has(version)
    agent.look()
    assert volume.has(version)
    assert {name for name, _, _ in node.files.parts} & had == set()
    assert open_head(linked(node)).version == version


def test_a_damaged_index_is_refused_and_the_one_of_before_stays(node: Node) -> None:
    first = publish(node)
    agent, _ = agent_of(node, "0")
    agent.look()
    second = publish(node, 120)
    stored = node.store_root / "models" / "films-index" / second
    for path in stored.glob("cluster-*-vectors.npy"):
        path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    state = agent.look()
    assert "damaged" in state.refused[second]
    assert linked(node).resolve().name == first
    part_of(0, linked(node))


def test_an_index_that_is_half_uploaded_is_not_there(node: Node) -> None:
    first = publish(node)
    agent, _ = agent_of(node, "all")
    agent.look()
    second = publish(node, 120)
    (node.store_root / "models" / "films-index" / second / "manifest.json").unlink()
    state = agent.look()
    assert "has no version" in state.channels["stable"].fault
    assert linked(node).resolve().name == first


def test_a_shard_that_an_index_does_not_have_is_said(node: Node) -> None:
    version = publish(node)
    _, volume = agent_of(node, "7")
    puller = Puller(node.store.of_indexes(), volume, Throttle(0), 0)
    with pytest.raises(DamagedError, match="is for 4 shards, and has no shard 7"):
        puller.pull(version)
    assert volume.versions() == []


@pytest.mark.parametrize("parts", ["", "gate", "0,all", "-1", "0;1"])
def test_parts_that_there_are_not_are_refused(parts: str) -> None:
    with pytest.raises(BadInputError, match="name all, or gateway and numbers of shards"):
        index_of(parts.split(","))


def test_the_commands_publish_bring_and_tell(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = publish(node)
    monkeypatch.setenv("MODEL_STORE", str(tmp_path / "other"))
    monkeypatch.setenv("FLEET_DIR", str(node.root))
    (tmp_path / "other").mkdir()
    folder = str(node.models / "index-100")
    assert main(["fleet", "publish", "--index", "--channel=stable", folder]) == 0
    assert main(["fleet", "agent", "--index=gateway", "--once"]) == 0
    assert main(["fleet", "status", "--index"]) == 0
    assert f"{version} serves" in capsys.readouterr().out
    assert main(["fleet", "set", "stable", version, "--index"]) == 0
    assert capsys.readouterr().out == f"stable wants {version}\n"
    assert (node.root / "recommender-index" / "channels" / "stable" / "centroids.npy").exists()
