"""The metrics that there are: ours from the code, those of others as their programs export them."""

import re
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prometheus_client import CollectorRegistry, Metric

from app.metrics import Families
from app.recent.series import RecentSeries
from app.rpc.metrics import RpcFamilies
from auto_deployment.cycle.metrics import SchedulerMetrics
from auto_deployment.feedback.metrics import CollectMetrics
from auto_deployment.feedback.online.series import JoinMetrics
from auto_deployment.fleet.folder import FolderFiles
from auto_deployment.fleet.master.master import Master, MasterParts
from auto_deployment.fleet.master.metrics import MasterMetrics
from auto_deployment.fleet.metrics import AgentMetrics
from auto_deployment.ingest.metrics import IngestMetrics
from auto_deployment.ingest.recent.sender import SenderMetrics
from auto_deployment.params import load_params
from auto_deployment.release.metrics import ReleaseMetrics
from marquee_client import Recommender
from search.gateway import Gateway
from search.holder import Holder
from search.http.ring import Ring
from search.metrics.gateway import GatewayMetrics, GatewayState
from search.metrics.shard import ShardState
from tests.support.project import PROJECT
from tests.support.rules import read_rules
from tests.support.search import WordVectors

SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "gauge": ("",),
}

# Of the programs that Compose runs; `tests/e2e` asks the real ones.
OTHERS = {
    "prometheus": {
        "ALERTS", "up", "scrape_duration_seconds", "prometheus_config_last_reload_successful",
        "prometheus_notifications_errors_total", "prometheus_rule_evaluation_failures_total",
        "prometheus_tsdb_head_series", "prometheus_tsdb_storage_blocks_bytes",
        "prometheus_tsdb_wal_storage_size_bytes",
    },
    "alertmanager": {"alertmanager_notifications_failed_total"},
    "nginx-exporter": {
        "nginx_up", "nginx_http_requests_total", "nginx_connections_active", "nginx_connections_waiting",
    },
    "redis-exporter": {
        "redis_up", "redis_memory_used_bytes", "redis_memory_max_bytes", "redis_uptime_in_seconds",
        "redis_stream_length", "redis_commands_processed_total", "redis_connected_clients",
        "redis_rejected_connections_total", "redis_evicted_keys_total",
        "redis_exporter_last_scrape_duration_seconds",
    },
    "cadvisor": {
        "machine_cpu_cores", "machine_memory_bytes", "container_cpu_usage_seconds_total",
        "container_fs_limit_bytes", "container_fs_usage_bytes", "container_memory_working_set_bytes",
        "container_network_receive_bytes_total", "container_spec_memory_limit_bytes",
        "container_start_time_seconds",
    },
}  # fmt: skip


def metrics_by_service() -> dict[str, set[str]]:
    """Return the names of the series of each kind of service."""
    app = CollectorRegistry()
    Families.declare(app)
    rpc = CollectorRegistry()
    RpcFamilies.declare(rpc)
    params = load_params(PROJECT / "params.yaml")
    return {
        **OTHERS,
        "caller": set(re.findall(r"^# TYPE (\S+)", Recommender("http://localhost", []).metrics(), re.M)),
        "app": {*_names(app.collect()), *_names(RecentSeries({"age_s": 0}).collect())},
        "grpc": set(_names(rpc.collect())),
        "ingest": set(_names(_ingest().collect())),
        "scheduler": set(_names(SchedulerMetrics().registry.collect())),
        "agent": set(_names(_agent(params.fleet.stuck_s).collect())),
        "search": {*_names(_gateway().collect()), *_names(_search_gateway_state())},
        "search-shard": set(_names(ShardState(_holder()).collect())),
        "master": set(_master()),
        "feedback-collect": set(_names(CollectMetrics().registry.collect())),
        "feedback-join": set(_names(JoinMetrics().registry.collect())),
        "controller": set(_names(ReleaseMetrics(params.release, params.traffic).registry.collect())),
    }


def _gateway() -> CollectorRegistry:
    registry = CollectorRegistry()
    GatewayMetrics(registry)
    return registry


def _search_gateway_state() -> Iterable[Metric]:
    embedding = WordVectors()
    return GatewayState(Gateway(_holder(), Ring([]), embedding), _holder()).collect()


def _holder() -> Holder[Any]:
    return Holder(PROJECT, lambda folder: folder)


def _agent(stuck_s: float) -> CollectorRegistry:
    metrics = AgentMetrics((), stuck_s, "node-1", "films")
    metrics.master(is_up=True)
    return metrics.registry


def _master() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        parts = MasterParts(
            Path(folder), lambda: FolderFiles(Path(folder)), lambda: None, 5.0, 60.0, time.time
        )
        master = Master(parts)
        master.start()
        yield from _names(MasterMetrics(master).collect())
        master.database.close()


def _ingest() -> CollectorRegistry:
    registry = IngestMetrics().registry
    SenderMetrics(registry)
    return registry


@cache
def known_metrics() -> frozenset[str]:
    """Return the name of every series that may be asked for."""
    recorded = {rule.record for rule in read_rules() if rule.record}
    return frozenset(recorded.union(*metrics_by_service().values()))


def _names(families: Iterable[Metric]) -> Iterator[str]:
    for family in families:
        for suffix in SUFFIXES.get(family.type, ()):
            yield family.name + suffix
