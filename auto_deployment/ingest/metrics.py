"""What Prometheus is told: names and labels are declared here once, every series begins at zero."""

import collections
from collections.abc import Collection, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from auto_deployment.dataset.events import Reason
from auto_deployment.dataset.schema import KINDS
from auto_deployment.ingest.drift.drift import CHECKS
from auto_deployment.ingest.health import Health
from auto_deployment.ingest.open_batch import STATUS_CLASSES, OpenBatch
from auto_deployment.ingest.stream import Offsets, Ranges
from auto_deployment.ingest.write_batch import Written

TallyCounts = collections.Counter[tuple[str, str]]

_PREFIX = "marquee_ingest_"
_SIZES_BYTES = tuple(float(10**power) for power in range(3, 10))
_WRITE_S = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


class IngestMetrics:
    """The metrics of one process; each has its own registry, so that several can live in one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._counters = self._line_counters()
        self._seen: tuple[OpenBatch | None, TallyCounts] = (None, TallyCounts())
        self._open_lines = self._gauge("open_batch_lines", "Lines not yet in a segment")
        self._open_bytes = self._gauge("open_batch_bytes", "Memory of the lines not yet in a segment")
        self._lag = self._gauge("lag_lines", "Lines that wait in the broker", "partition")
        self._position = self._gauge("position", "Next offset to be read", "partition")
        self._lost = self._counter("lost_upstream_offsets", "Offsets removed before they were read")
        self._connected = self._gauge("connected", "1 while the stream can be read")
        self._line_age = self._gauge("last_line_age_seconds", "Since the last line, or since the start")
        self._scale_doubtful = self._gauge(
            "rating_scale_doubtful", "1 while too many ratings are outside of RATING_SCALE"
        )
        self._segments = self._counter("segments", "Segments written")
        self._size = self._histogram("segment_bytes", "Size of segments", _SIZES_BYTES)
        self._write_time = self._histogram("batch_write_seconds", "Time to write a batch", _WRITE_S)
        self.write_failures = self._counter("write_failures", "Batches that could not be written at once")
        self.commit_failures = self._counter("commit_failures", "Offsets the broker did not take for display")
        self.quarantine_dropped = self._gauge(
            "quarantine_dropped_lines", "Rejected lines that had to go, ever"
        )
        self._drift = self._gauge("drift", "1 while a check finds a strong change", "check", CHECKS)

    def took(self, batch: OpenBatch) -> None:
        """Count what came into the open batch since this was asked last."""
        tally, (seen_batch, seen) = batch.tally(), self._seen
        for (what, label), count in (tally - (seen if batch is seen_batch else TallyCounts())).items():
            counter = self._counters[what]
            (counter.labels(label) if label else counter).inc(count)
        self._seen = (batch, tally)
        self._open_lines.set(batch.lines)
        self._open_bytes.set(batch.nbytes)

    def moved(self, position: Offsets, lag: Offsets, lost: Ranges) -> None:
        for partition, offset in position.items():
            self._position.labels(partition).set(offset)
            self._lag.labels(partition).set(lag.get(partition, 0))
        for first, after in lost.values():
            self._lost.inc(after - first)

    def shows(self, health: Health) -> None:
        self._connected.set(not health.trouble)
        self._line_age.set(health.line_age_s)
        self._scale_doubtful.set(bool(health.rating_scale))

    def wrote(self, written: Written, seconds: float) -> None:
        self._segments.inc()
        self._size.observe(written.nbytes)
        self._write_time.observe(seconds)

    def drifted(self, findings: Collection[str]) -> None:
        for check in CHECKS:
            self._drift.labels(check).set(check in findings)

    def _line_counters(self) -> dict[str, Counter]:
        return {
            "lines": self._counter("lines", "Lines taken", "kind", KINDS),
            "rejected": self._counter("rejected_lines", "Lines not taken", "reason", tuple(Reason)),
            "repaired": self._counter("repaired_lines", "Lines taken with a repaired movie id"),
            "unknown": self._counter("unknown_movie_lines", "Lines with a movie not in the catalogue"),
            "status": self._counter(
                "recommendation_lines", "Recommendations; 0 is no answer", "status", STATUS_CLASSES
            ),
        }

    def _counter(self, name: str, text: str, label: str = "", values: Iterable[str] = ()) -> Counter:
        counter = Counter(_PREFIX + name, text, [label] if label else [], registry=self.registry)
        for value in values:
            counter.labels(value)
        return counter

    def _gauge(self, name: str, text: str, label: str = "", values: Iterable[str] = ()) -> Gauge:
        gauge = Gauge(_PREFIX + name, text, [label] if label else [], registry=self.registry)
        for value in values:
            gauge.labels(value)
        return gauge

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(_PREFIX + name, text, buckets=buckets, registry=self.registry)
