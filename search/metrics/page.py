"""The page /metrics of a service: what was counted, and how things stand at this moment."""

import os
from typing import Any

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from search.holder import Holder

PREFIX = "marquee_search_"


def refused(holder: Holder[Any]) -> GaugeMetricFamily:
    """Return how many indexes a process was shown that it cannot use."""
    return GaugeMetricFamily(
        f"{PREFIX}indexes_refused", "Indexes that cannot be used", value=len(holder.refused)
    )


def show(app: Flask, state: Collector, counted: CollectorRegistry | None = None) -> None:
    """Let a service answer /metrics; `state` is asked anew each time.

    Where the environment has `PROMETHEUS_MULTIPROC_DIR`, what several processes have counted is one sum.
    """

    @app.get("/metrics", provide_automatic_options=False)
    def metrics() -> Response:
        standing = CollectorRegistry()
        standing.register(state)
        pages = [generate_latest(standing)]
        if counted is not None:
            pages.insert(0, generate_latest(_of_all_processes(counted)))
        return Response(b"".join(pages), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _of_all_processes(counted: CollectorRegistry) -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return counted
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
