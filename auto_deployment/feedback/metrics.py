"""What collecting and joining tell Prometheus; every series begins at zero, and none names a user."""

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from auto_deployment.feedback.collect import Collected

PREFIX = "marquee_feedback_"
KINDS = ("requests", "other", "damaged")
ENDS = (
    "joined", "stream_alone", "stream_too_far", "stream_partner_taken",
    "edge_alone", "edge_too_far", "edge_partner_taken", "edge_waiting",
)  # fmt: skip


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


class JoinMetrics:
    """The metrics of one joiner."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lines = Gauge(
            f"{PREFIX}lines", "Lines of the last 24 hours by what they found", ["end"], registry=self.registry
        )
        for end in ENDS:
            self._lines.labels(end)
        self._outcomes = Gauge(
            f"{PREFIX}outcomes", "Watches of lists, of yesterday and today", registry=self.registry
        )
        self._difference = Gauge(
            f"{PREFIX}clock_difference_seconds", "How far this host is ahead", registry=self.registry
        )
        self._last = Gauge(
            f"{PREFIX}join_timestamp_seconds", "When a round of joining ended last", registry=self.registry
        )
        self._seconds = Gauge(f"{PREFIX}join_seconds", "That it took", registry=self.registry)

    def show(
        self,
        lines: Mapping[str, int],
        outcomes: int,
        difference_s: float | None,
        seconds: float,
        now: datetime,
    ) -> None:
        for end in ENDS:
            self._lines.labels(end).set(lines.get(end, 0))
        self._outcomes.set(outcomes)
        if difference_s is not None:
            self._difference.set(difference_s)
        self._seconds.set(seconds)
        self._last.set(now.timestamp())
