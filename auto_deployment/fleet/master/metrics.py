"""What the master tells Prometheus, as it stands when it is asked."""

from collections.abc import Iterator
from contextlib import suppress

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from auto_deployment.fleet.errors import DatabaseError
from auto_deployment.fleet.master.master import Master
from auto_deployment.fleet.master.nodes import Node

PREFIX = "marquee_fleet_master_"


class MasterMetrics(Collector):
    """Reads the master at each scrape; operations are counted since it started."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._operations: dict[tuple[str, str], int] = {}

    def count(self, what: str, status: int) -> None:
        key = what, str(status)
        self._operations[key] = self._operations.get(key, 0) + 1

    def collect(self) -> Iterator[Metric]:
        master, nodes = self._master, self._master.nodes.all()
        silent = [one for one in nodes if master.nodes.is_silent(one)]
        yield _gauge("nodes_here", "Agents that report", len(nodes) - len(silent))
        yield _gauge("nodes_left", "Agents that left without a word", len(silent))
        yield _gauge("store_up", "Whether the store answered last", not master.shelf.seen.fault)
        yield _gauge("store_seen_timestamp_seconds", "When all of it was seen", master.shelf.seen.at or 0.0)
        yield _gauge("database_up", "Whether it could be used last", not master.database.fault)
        yield _gauge("database_lost", "Whether one was lost before this one", bool(master.database.lost))
        yield _gauge("database_begun_timestamp_seconds", "When this one was begun", master.database.since)
        with suppress(DatabaseError):  # `database_up` says so
            yield _gauge("orders_open", "What nodes are asked and have not done", master.nodes.open_orders())
        yield from self._of_nodes(nodes)
        done = CounterMetricFamily(
            f"{PREFIX}operations", "Operations, by what and the answer's status", labels=["what", "status"]
        )
        for (what, status), count in sorted(self._operations.items()):
            done.add_metric([what, status], count)
        yield done

    def _of_nodes(self, nodes: list[Node]) -> Iterator[Metric]:
        now = self._master.now().timestamp()
        silent = GaugeMetricFamily(
            f"{PREFIX}node_silent_seconds", "Since its last report", labels=["node", "model"]
        )
        behind = GaugeMetricFamily(
            f"{PREFIX}node_behind_seconds", "Since when it serves another version than it should",
            labels=["node", "model", "channel"],
        )  # fmt: skip
        refused = GaugeMetricFamily(
            f"{PREFIX}node_refused", "Versions that it refuses to bring or serve", labels=["node", "model"]
        )
        for node in nodes:
            words, age_s = [node.name, node.report.model], max(0.0, now - node.seen_at)
            silent.add_metric(words, age_s)
            refused.add_metric(words, len(node.report.refused))
            for name, channel in node.report.channels.items():
                late_s = 0.0 if channel.behind_s is None else channel.behind_s + age_s
                behind.add_metric([*words, name], late_s)
        yield silent
        yield behind
        yield refused


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", meaning, value)
