"""What gateway and shards tell Prometheus: what became of questions, which index, who is there."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from search.gateway import create_gateway
from search.metrics.gateway import measure_gateway
from search.metrics.shard import measure_shard
from search.shard import create_shard
from tests.support.search import small_catalogue
from tests.support.search_services import SearchSystem, publish_index

ONE_PROCESS = """
from prometheus_client import CollectorRegistry
from search.metrics.gateway import GatewayMetrics
GatewayMetrics(CollectorRegistry()).count(200, 0.01, partial=True)
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchSystem]:
    root = tmp_path_factory.mktemp("search")
    version = publish_index(root / "indexes", small_catalogue())
    system = SearchSystem(root)
    system.show(version)
    system.look()
    yield system
    system.close()


@pytest.fixture
def asked(system: SearchSystem) -> FlaskClient:
    app = create_gateway(system.gateway)
    measure_gateway(app, system.gateway, system.holder)
    return app.test_client()


def series(client: FlaskClient) -> dict[str, float]:
    text = client.get("/metrics").get_data(as_text=True)
    return {
        sample.name + json.dumps(sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_outcome_begins_at_zero_and_is_counted_where_it_belongs(asked: FlaskClient) -> None:
    name = "marquee_search_requests_total"
    before = {key: one for key, one in series(asked).items() if key.startswith(name)}
    assert set(before.values()) == {0}
    asked.get("/search?q=golden castle&user=4711")
    asked.get("/search?q=")
    asked.get("/nothing-here")
    found = series(asked)
    changed = {key: one for key, one in found.items() if key.startswith(name) and one}
    assert changed == {f'{name}{{"outcome": "answered"}}': 1, f'{name}{{"outcome": "refused"}}': 1}
    assert found["marquee_search_request_seconds_count{}"] == 2
    assert found["marquee_search_partial_total{}"] == 0
    page = asked.get("/metrics").get_data(as_text=True)
    assert "golden" not in page
    assert "4711" not in page


def test_a_partial_answer_is_counted_as_one_until_the_shard_is_back(
    system: SearchSystem, asked: FlaskClient
) -> None:
    system.shards[1].kill()
    asked.get("/search?q=comedy drama")
    system.gateway.look()
    away = series(asked)
    system.shards[1].start()
    system.look()
    asked.get("/search?q=comedy drama")
    back = series(asked)
    assert away["marquee_search_partial_total{}"] == back["marquee_search_partial_total{}"] == 1
    assert back['marquee_search_requests_total{"outcome": "answered"}'] == 1
    up, known = "marquee_search_shards_up{}", "marquee_search_shards_known{}"
    assert (away[up], back[up], back[known]) == (3, 4, 4)


def test_the_index_in_use_is_named_with_its_time_and_a_shard_says_what_it_holds(
    system: SearchSystem, asked: FlaskClient
) -> None:
    found, version = series(asked), json.dumps({"version": system.gateway.version})
    assert found[f"marquee_search_index_info{version}"] == 1
    manifest = system.root / "gateway" / "current" / "manifest.json"
    assert found["marquee_search_index_built_timestamp_seconds{}"] == pytest.approx(manifest.stat().st_mtime)
    shard = system.shards[0]
    app = create_shard(shard.holder, 0)
    measure_shard(app, shard.holder)
    assert series(app.test_client()) == {
        f"marquee_search_shard_index_info{version}": 1, "marquee_search_indexes_refused{}": 0,
    }  # fmt: skip


def test_a_gateway_is_ready_once_it_has_an_index(asked: FlaskClient, tmp_path: Path) -> None:
    assert asked.get("/health/ready").status_code == 200
    empty = SearchSystem(tmp_path)
    app = create_gateway(empty.gateway)
    measure_gateway(app, empty.gateway, empty.holder)
    client = app.test_client()
    assert client.get("/health/ready").status_code == 503
    client.get("/search?q=river")
    found = series(client)
    assert found['marquee_search_requests_total{"outcome": "no_index"}'] == 1
    assert not any(key.startswith("marquee_search_index_info") for key in found)
    empty.close()


def test_what_several_processes_have_counted_is_one_sum(
    asked: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", ONE_PROCESS], check=True)
    found = series(asked)
    assert found["marquee_search_partial_total{}"] == 2
    assert found["marquee_search_shards_known{}"] == 4
