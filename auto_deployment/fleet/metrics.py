"""What an agent tells Prometheus and probes: pulling and serving have a health each."""

import json

from prometheus_client import CollectorRegistry, Counter, Gauge

from auto_deployment.fleet.pull import Counted
from auto_deployment.fleet.state import AgentState
from auto_deployment.fleet.volume import Disk
from auto_deployment.host.metrics_server import Answer

PREFIX = "marquee_fleet_"


class AgentMetrics:
    """The metrics of one agent, and its two healths."""

    def __init__(self, channels: tuple[str, ...], stuck_s: float, node: str, model: str) -> None:
        """Begin the series; `node` and `model` are what a master knows this agent by."""
        self.registry = CollectorRegistry()
        Gauge(
            f"{PREFIX}node_info", "1: this is the agent of a node for a model", ["node", "model"],
            registry=self.registry,
        ).labels(node, model).set(1)  # fmt: skip
        self._stuck_s, self._alive_at = stuck_s, 0.0
        self._state = AgentState()
        self._bytes = Counter(
            f"{PREFIX}pulled_bytes", "Bytes of models, by how they came", ["way"], registry=self.registry
        )
        self._again = Counter(
            f"{PREFIX}fetched_again", "Files that came damaged and were fetched again", registry=self.registry
        )
        self._store_up = Gauge(f"{PREFIX}store_up", "Whether the store answered last", registry=self.registry)
        self._refused = Gauge(f"{PREFIX}versions_refused", "Versions left alone", registry=self.registry)
        self._held = Gauge(f"{PREFIX}versions_held", "Versions on this node", registry=self.registry)
        self._free = Gauge(f"{PREFIX}disk_free_bytes", "Of the volume's disk", registry=self.registry)
        self._next = Gauge(
            f"{PREFIX}disk_next_bytes", "What has to be free for a version like the largest, all of it new",
            registry=self.registry,
        )  # fmt: skip
        self._at = Gauge(
            f"{PREFIX}look_timestamp_seconds", "When the last look ended", registry=self.registry
        )
        self._sign = Gauge(
            f"{PREFIX}sign_timestamp_seconds", "When the loop gave its last sign", registry=self.registry
        )
        self._behind = Gauge(
            f"{PREFIX}behind_seconds", "Since when another version is wanted than answers", ["channel"],
            registry=self.registry,
        )  # fmt: skip
        self._master_up: Gauge | None = None
        self._seen = Counted()
        for way in ("fetched", "linked"):
            self._bytes.labels(way)
        for channel in channels:
            self._behind.labels(channel)

    def master(self, *, is_up: bool) -> None:
        """Show whether the master answers; without one there is no such series."""
        if self._master_up is None:
            self._master_up = Gauge(
                f"{PREFIX}master_up", "Whether the master answered last", registry=self.registry
            )
        self._master_up.set(is_up)

    def alive(self, now: float) -> None:
        """Note a sign of the loop; a long pull gives one for each part."""
        self._alive_at = now
        self._sign.set(now)

    def going_on(self, state: AgentState, counted: Counted, now: float) -> None:
        """Show what a look has done so far: it may take as long as a pull."""
        self._bytes.labels("fetched").inc(counted.fetched_bytes - self._seen.fetched_bytes)
        self._bytes.labels("linked").inc(counted.linked_bytes - self._seen.linked_bytes)
        self._again.inc(counted.fetched_again - self._seen.fetched_again)
        self._seen = Counted(counted.fetched_bytes, counted.linked_bytes, counted.fetched_again)
        self._store_up.set(not state.store_fault)
        for name, channel in state.channels.items():
            since = channel.behind_since
            self._behind.labels(name).set(0.0 if since is None else max(0.0, now - since))

    def show(self, state: AgentState, counted: Counted, disk: Disk) -> None:
        """Show how it stands after a look."""
        self.going_on(state, counted, state.at)
        self._state = state
        self._refused.set(len(state.refused))
        self._held.set(len(state.versions))
        self._free.set(disk.free_bytes)
        self._next.set(disk.next_bytes)
        self._at.set(state.at)

    def answer(self, path: str, now: float) -> Answer:
        """Answer /health/pull (the loop goes on) and /health/serve (each channel has a model here)."""
        if path == "/health/pull":
            age_s = now - self._alive_at
            return _health(age_s <= self._stuck_s, {"last_sign_s": round(age_s, 1), "store": self._store()})
        if path == "/health/serve":
            links = {name: channel.linked for name, channel in self._state.channels.items()}
            return _health(bool(links) and None not in links.values(), {"channels": links})
        return 404, "text/plain", b"there are /metrics, /health/pull and /health/serve\n"

    def _store(self) -> str:
        return self._state.store_fault or "answers"


def _health(is_well: bool, found: dict[str, object]) -> Answer:
    body = json.dumps({"status": "ok" if is_well else "bad", **found}).encode() + b"\n"
    return 200 if is_well else 503, "application/json", body
