"""What Prometheus is told of recent events: read from the store, so that every worker says the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.recent.reasons import REASONS


class RecentSeries(Collector):
    """The series of one instance."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status
        if "age_s" in status:
            yield GaugeMetricFamily(
                "marquee_recent_age_seconds", "How old what is known of users is", status["age_s"]
            )
        connected = bool(status) and not status.get("trouble")
        yield GaugeMetricFamily("marquee_recent_connected", "1 while events can be followed", connected)
        yield GaugeMetricFamily("marquee_recent_events", "Titles held", status.get("events", 0))
        yield GaugeMetricFamily("marquee_recent_users", "Users held", status.get("users", 0))
        yield CounterMetricFamily("marquee_recent_applied", "Events taken", status.get("applied", 0))
        dropped = CounterMetricFamily("marquee_recent_dropped", "Events not taken", labels=("reason",))
        for reason in REASONS:
            dropped.add_metric((reason,), status.get("dropped", {}).get(reason, 0))
        yield dropped


def page(status: Mapping[str, Any]) -> bytes:
    """Return the series in the text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(RecentSeries(status))
    return generate_latest(registry)
