"""What a gateway counts and shows, and whether it can answer."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.model_format import MANIFEST
from app.problems import problem
from search.gateway import Gateway
from search.holder import Holder
from search.http.hot import ASKED_AT, EXTENSION
from search.metrics.page import PREFIX, refused, show
from search.personal.order import Outcome

# Around what matters: titles alone (5 ms), a whole question (10 ms), the deadline of shards (100 ms).
BUCKETS_S = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
ANSWERED, PARTIAL, REFUSED, NO_INDEX, FAILED = "answered", "partial", "refused", "no_index", "failed"
NO_QUESTION = (404, 405)


class GatewayMetrics:
    """Questions by what became of them; every series begins at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            f"{PREFIX}requests", "Questions, by what became of them", ["outcome"], registry=registry
        )
        self._partial = Counter(
            f"{PREFIX}partial", "Answers that lack what some shard would have found", registry=registry
        )
        self._seconds = Histogram(
            f"{PREFIX}request_seconds", "Time until an answer was ready", buckets=BUCKETS_S, registry=registry
        )
        self._personal = Counter(
            f"{PREFIX}personal",
            "Answers for a user, by what became of their order",
            ["outcome"],
            registry=registry,
        )
        for order in Outcome:
            self._personal.labels(order)
        for outcome in (ANSWERED, PARTIAL, REFUSED, NO_INDEX, FAILED):
            self._requests.labels(outcome)

    def count(self, status: int, seconds: float, *, partial: bool) -> None:
        """Note an answer by its status; only one of 200 can be partial."""
        if status in NO_QUESTION:
            return
        if status == 200:
            outcome = PARTIAL if partial else ANSWERED
            self._partial.inc(partial)
        else:
            outcome = NO_INDEX if status == 503 else REFUSED if status < 500 else FAILED
        self._requests.labels(outcome).inc()
        self._seconds.observe(seconds)

    def count_order(self, outcome: Outcome | None) -> None:
        """Note what became of a user's order; nothing where none was asked for."""
        if outcome is not None:
            self._personal.labels(outcome).inc()


class GatewayState(Collector):
    """Which index is served, and who is there to be asked."""

    def __init__(self, gateway: Gateway, holder: Holder[Any]) -> None:
        self._gateway, self._holder = gateway, holder

    def collect(self) -> Iterable[Metric]:
        gateway, version = self._gateway, self._gateway.version
        info = GaugeMetricFamily(f"{PREFIX}index_info", "1 for the index in use", labels=["version"])
        built = GaugeMetricFamily(
            f"{PREFIX}index_built_timestamp_seconds", "When the index in use was built, or brought here"
        )
        if version is not None:
            info.add_metric([version], 1)
            with suppress(KeyError, OSError):  # it is held, and its folder may be gone by now
                built.add_metric([], (self._holder.folders[version] / MANIFEST).stat().st_mtime)
        up, known = gateway.shards_up, gateway.shards_known
        yield from (info, built, refused(self._holder))
        yield GaugeMetricFamily(f"{PREFIX}shards_up", "Shards and replicas that answer", value=up)
        yield GaugeMetricFamily(f"{PREFIX}shards_known", "Shards and replicas that shall answer", value=known)


def measure_gateway(app: Flask, gateway: Gateway, holder: Holder[Any]) -> None:
    """Let the service answer /metrics and /health/ready, and count its questions."""
    registry = CollectorRegistry()
    metrics = GatewayMetrics(registry)
    app.extensions[EXTENSION].count = metrics.count

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        if request.path == ASKED_AT:
            seconds = time.perf_counter() - g.began
            metrics.count(answer.status_code, seconds, partial=g.get("partial", False))
            metrics.count_order(g.get("personal"))
        return answer

    @app.get("/health/ready", provide_automatic_options=False)
    def ready() -> Response:
        version = gateway.version
        return jsonify(version=version) if version else problem(503, "There is no index that shards hold.")

    show(app, GatewayState(gateway, holder), registry)
