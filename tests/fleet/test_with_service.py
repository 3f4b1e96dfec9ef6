"""An agent and a real service of its node: a new version takes over between two requests."""

import json
from pathlib import Path

import pytest
import requests

from auto_deployment.fleet.metrics import AgentMetrics
from auto_deployment.fleet.params import FleetParams
from auto_deployment.fleet.service import answers_of
from tests.support.fleet import NOW, V1, V2, Node
from tests.support.server import serving
from tests.support.waiting import eventually


@pytest.mark.slow
def test_a_new_version_is_confirmed_by_the_service_and_no_request_fails(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.publish(V1, "stable")
    node.agent.look()
    environ = {"MODEL_DIR": str(node.root / "films" / "channels" / "stable"), "MODEL_POLL_S": "0.1"}
    with serving(tmp_path / "log", environ) as server:
        node.ask["stable"] = answers_of(server.url)
        node.start()
        assert eventually(lambda: node.agent.look().channels["stable"].confirmed == V1)
        node.publish(V2, "stable", seed=2)
        statuses = set()

        def confirmed() -> bool:
            statuses.add(requests.get(f"{server.url}/recommend/1", timeout=30).status_code)
            return node.agent.look().channels["stable"].confirmed == V2

        eventually(confirmed, saying=server.log_text)
        assert statuses == {200}
    assert node.agent.look().channels["stable"].answers is None  # it has ended, which proves nothing


def test_metrics_and_health_say_how_it_stands(tmp_path: Path) -> None:
    node = Node(tmp_path)
    metrics = AgentMetrics(("stable",), 60, "node-1", "films")

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"marquee_fleet_{name}", labels)

    def status(part: str, at: float = 1000.0) -> int:
        return metrics.answer(f"/health/{part}", at)[0]

    assert value("pulled_bytes_total", way="fetched") == 0  # the first bytes are an increase
    assert value("node_info", node="node-1", model="films") == 1  # by which the master knows it
    assert status("serve") == 503
    metrics.alive(990)
    assert (status("pull"), status("pull", 1051)) == (200, 503)
    node.publish(V1, "stable")
    node.store.files.write("models/films/channels.json", b"{")
    metrics.show(node.agent.look(), node.puller.counted, node.agent.disk())
    assert value("store_up") == 0
    assert "damaged" in json.loads(metrics.answer("/health/pull", 991)[2])["store"]
    node.store.files.remove("models/films/channels.json")
    node.store.move({"stable": V1}, NOW)
    metrics.show(node.agent.look(), node.puller.counted, node.agent.disk())
    assert (value("store_up"), value("behind_seconds", channel="stable"), status("serve")) == (1, 0, 200)
    fetched = value("pulled_bytes_total", way="fetched")
    assert fetched == node.puller.counted.fetched_bytes > 0
    node.publish(V2, "stable", seed=2)
    node.delete(V2)
    metrics.show(node.agent.look(), node.puller.counted, node.agent.disk())
    node.now += 30
    metrics.show(node.agent.look(), node.puller.counted, node.agent.disk())
    assert value("behind_seconds", channel="stable") == 30
    assert status("serve") == 200  # it goes on with what it has
    assert metrics.answer("/else", 0)[0] == 404


def test_a_long_pull_is_seen_while_it_goes_on(tmp_path: Path) -> None:
    node = Node(tmp_path, FleetParams(min_free_mb=0))
    metrics = AgentMetrics(("stable",), 60, "node-1", "films")
    node.publish(V1, "stable")
    seen: list[tuple[float, float]] = []

    def value(name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(f"marquee_fleet_{name}", labels) or 0.0

    def alive(what: str, path: str, start: int) -> None:
        if what == "read_part":
            node.now += 10
            metrics.alive(node.now)
            metrics.going_on(node.agent.state, node.puller.counted, node.now)
            fetched = value("pulled_bytes_total", way="fetched")
            seen.append((value("behind_seconds", channel="stable"), fetched))

    node.files.on = alive
    began = node.now
    metrics.show(node.agent.look(), node.puller.counted, node.agent.disk())
    assert seen[3][0] == 40
    assert [behind for behind, _ in seen] == sorted({behind for behind, _ in seen})
    assert seen[0][1] == 0 < seen[-1][1] < node.puller.counted.fetched_bytes
    assert value("sign_timestamp_seconds") == node.now > began
    assert (value("behind_seconds", channel="stable"), value("store_up")) == (0, 1)
    assert value("disk_next_bytes") == node.puller.counted.fetched_bytes
    assert value("disk_free_bytes") > 0
