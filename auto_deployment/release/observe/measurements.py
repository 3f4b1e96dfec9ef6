"""The latencies of a tick, and the Prometheus queries for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auto_deployment.host.durations import duration
from auto_deployment.release.judge.ticks import CANARY, TRACKS
from auto_deployment.release.observe import queries
from auto_deployment.release.observe.prometheus import Answer, NoData, Unavailable


class Queries(Protocol):
    """Prometheus, or what stands for it in a test."""

    def value(self, query: str, at: datetime | None = None) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Measurements:
    """Means for `Tick.mean_latency_ms`, and whether metrics are available; if not, why."""

    mean_latency_ms: Mapping[str, float | None]
    available: bool
    reason: str


class Metrics(Protocol):
    """Whoever knows how long requests took over the window of so many seconds that ends now."""

    def measure(self, window_s: float, now: datetime) -> Measurements: ...


@dataclass(frozen=True, slots=True)
class PrometheusMetrics:
    """The founding rule's source."""

    prometheus: Queries

    def measure(self, window_s: float, now: datetime) -> Measurements:
        """Ask for both tracks; no failure raises."""
        return measure(self.prometheus, window_s, now)


def measure(metrics: Queries, window_s: float, now: datetime) -> Measurements:
    """Ask for the window that ends now, `window_s` being the time since baking began.

    A canary that Prometheus no longer scrapes has no metrics, though older ones would still give a mean.
    """
    answers = {track: metrics.value(queries.mean_latency_ms(track, window_s), now) for track in TRACKS}
    means = {track: answer if isinstance(answer, float) else None for track, answer in answers.items()}
    seen = metrics.value(queries.scraped(CANARY), now)
    for answer in (*answers.values(), seen):
        if isinstance(answer, Unavailable):
            return Measurements(means, False, f"Prometheus is unavailable ({answer.reason}).")
    if isinstance(seen, NoData) or seen != 1:
        silence = duration(queries.SCRAPE_PATIENCE_S)
        return Measurements(means, False, f"Prometheus has not scraped the canary for {silence}.")
    return Measurements(means, True, "")
