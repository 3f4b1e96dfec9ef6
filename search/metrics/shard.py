"""What a shard shows: the indexes that it holds."""

from collections.abc import Iterable
from typing import Any

from flask import Flask
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from search.holder import Holder
from search.metrics.page import PREFIX, refused, show


class ShardState(Collector):
    """Which indexes a shard holds, and how many it has refused."""

    def __init__(self, holder: Holder[Any]) -> None:
        self._holder = holder

    def collect(self) -> Iterable[Metric]:
        held = GaugeMetricFamily(f"{PREFIX}shard_index_info", "1 for each index held", labels=["version"])
        for version in self._holder.held:
            held.add_metric([version], 1)
        yield from (held, refused(self._holder))


def measure_shard(app: Flask, holder: Holder[Any]) -> None:
    """Let the service answer /metrics."""
    show(app, ShardState(holder))
