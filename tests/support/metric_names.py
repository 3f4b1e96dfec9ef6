"""The metrics that there are: ours from the code, those of others as their programs export them."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric

from app.metrics import Families
from auto_deployment.ingest.listening.metrics import IngestMetrics
from tests.support.rules import read_rules

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
    "cadvisor": {
        "machine_cpu_cores", "machine_memory_bytes", "container_cpu_usage_seconds_total",
        "container_fs_limit_bytes", "container_fs_usage_bytes", "container_memory_working_set_bytes",
        "container_network_receive_bytes_total", "container_spec_memory_limit_bytes",
        "container_start_time_seconds",
    },
}  # fmt: skip

RETRAIN = (
    "last_run_timestamp_seconds last_success_timestamp_seconds next_run_timestamp_seconds running"
    " outcomes_total duration_seconds"
)
RELEASE = (
    "phase seconds_in_phase overdue_seconds weight verdict check_value check_limit check_log_evidence users"
    " outcomes_total last_tick_timestamp_seconds recreated_total metrics_available"
)
OTHERS["scheduler"] = {f"marquee_retrain_{name}" for name in RETRAIN.split()}
OTHERS["scheduler"] |= {"marquee_model_quality", "marquee_outbox_mails", "marquee_outbox_oldest_age_seconds"}
OTHERS["controller"] = {f"marquee_release_{name}" for name in RELEASE.split()}


def known_metrics() -> set[str]:
    """Return the name of every series that may be asked for."""
    app = CollectorRegistry()
    Families.declare(app)
    ours = {name for registry in (app, IngestMetrics().registry) for name in _names(registry.collect())}
    recorded = {rule.record for rule in read_rules() if rule.record}
    return ours.union(recorded, *OTHERS.values())


def _names(families: Iterable[Metric]) -> Iterator[str]:
    for family in families:
        for suffix in SUFFIXES.get(family.type, ()):
            yield family.name + suffix
