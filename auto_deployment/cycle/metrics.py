"""The metrics of the scheduler; every series begins at zero."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge

from auto_deployment.cycle.outcome import FAILED, FOR_REVIEW, PUBLISHED, REFUSED, REVIEW, UNCHANGED, WAITING
from auto_deployment.cycle.schedule import ScheduleState

OUTCOMES = (PUBLISHED, FOR_REVIEW, REVIEW, REFUSED, UNCHANGED, WAITING, FAILED)
MEASURES = {"rmse": "rmse", "ndcg": "ndcg_at_10", "coverage": "coverage"}


class SchedulerMetrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._last_run = self._gauge("retrain_last_run_timestamp_seconds", "When the last cycle started")
        self._success = self._gauge("retrain_last_success_timestamp_seconds", "When one last published")
        self._next = self._gauge("retrain_next_run_timestamp_seconds", "When the next cycle is due")
        self._running = self._gauge("retrain_running", "1 while a cycle runs")
        self._duration = self._gauge("retrain_duration_seconds", "How long the last cycle took")
        self._outbox = self._gauge("outbox_mails", "Mails that wait to be sent")
        self._oldest = self._gauge("outbox_oldest_age_seconds", "How long the oldest of them has waited")
        self._quality = Gauge(
            "marquee_model_quality",
            "Of the last published model",
            ("measure", "model_version"),
            registry=self.registry,
        )
        self._index = Gauge(
            "marquee_retrain_index_info",
            "1 for the index that was published with the last model",
            ("version",),
            registry=self.registry,
        )
        self._outcomes = Counter(
            "marquee_retrain_outcomes", "Cycles by how they ended", ("outcome",), registry=self.registry
        )
        for outcome in OUTCOMES:
            self._outcomes.labels(outcome)

    def show(self, state: ScheduleState) -> None:
        self._next.set(state.due.timestamp())
        if state.last_started is not None:
            self._last_run.set(state.last_started.timestamp())

    def running(self, is_running: bool) -> None:
        self._running.set(is_running)

    def count(self, kind: str, seconds: float) -> None:
        self._outcomes.labels(kind).inc()
        self._duration.set(seconds)

    def show_published(
        self, version: str, at: datetime, metrics: Mapping[str, Any], index: str | None = None
    ) -> None:
        """Show the quality of the newest published model, and no other's."""
        self._success.set(at.timestamp())
        self._index.clear()
        if index is not None:
            self._index.labels(index).set(1)
        self._quality.clear()
        for measure, name in MEASURES.items():
            if metrics.get(name) is not None:
                self._quality.labels(measure, version).set(metrics[name])

    def show_outbox(self, waiting: int, oldest_age_s: float) -> None:
        self._outbox.set(waiting)
        self._oldest.set(oldest_age_s)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"marquee_{name}", text, registry=self.registry)
