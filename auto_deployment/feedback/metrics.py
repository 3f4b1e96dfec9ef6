"""What collecting tells Prometheus; every series begins at zero, and none names a user."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from auto_deployment.feedback.collect import Collected

PREFIX = "marquee_feedback_"
KINDS = ("requests", "other", "damaged")


class CollectMetrics:
    """The metrics of one collector."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lines = Counter(
            f"{PREFIX}edge_lines", "Lines of the edge log in closed files", ["kind"], registry=self.registry
        )
        for kind in KINDS:
            self._lines.labels(kind)
        self._lost = Counter(
            f"{PREFIX}edge_log_lost", "Times that a part of the log went unread", registry=self.registry
        )
        self._open = Gauge(f"{PREFIX}open_lines", "Lines that wait to become a file", registry=self.registry)
        self._last = Gauge(
            f"{PREFIX}collect_timestamp_seconds", "When the log was read last", registry=self.registry
        )
        self._seen = dict.fromkeys((*KINDS, "lost"), 0)

    def show(self, done: Collected, open_lines: int, now: datetime) -> None:
        for kind in KINDS:
            self._lines.labels(kind).inc(getattr(done, kind) - self._seen[kind])
            self._seen[kind] = getattr(done, kind)
        self._lost.inc(done.lost - self._seen["lost"])
        self._seen["lost"] = done.lost
        self._open.set(open_lines)
        self._last.set(now.timestamp())
