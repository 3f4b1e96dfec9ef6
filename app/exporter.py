"""prometheus-flask-exporter, which gathers what all workers have counted into one page."""

import os
from collections.abc import Iterable
from glob import glob
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_flask_exporter import PrometheusMetrics
from prometheus_flask_exporter.multiprocess import GunicornInternalPrometheusMetrics

from app.config import Settings


class BegunFiles(MultiProcessCollector):
    """Passes over a file that its worker has created and not yet begun: reading it would be an error."""

    def collect(self) -> Iterable[Metric]:
        files = [file for file in glob(os.path.join(self._path, "*.db")) if _size(file)]
        merged: Iterable[Metric] = self.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
        return merged


class Exporter(GunicornInternalPrometheusMetrics):  # type: ignore[misc]  # the exporter is not typed
    """Renders the text format 0.0.4, which every Prometheus reads, and all series, whatever is asked for.

    Choosing by the Accept header and by `?name[]=`, as the exporter does, answers some of them with a 500.
    """

    def generate_metrics(self, accept_header: str | None = None, names: Any = None) -> tuple[str, str]:
        registry = CollectorRegistry()
        BegunFiles(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry).decode(), CONTENT_TYPE_PLAIN_0_0_4


def make_exporter(settings: Settings) -> Any:
    """Return the exporter for one process or for many; its default series stay off, see `app.metrics`."""
    kind = Exporter if settings.metrics_dir else PrometheusMetrics
    return kind(None, path=None, export_defaults=False, registry=CollectorRegistry())


def _size(file: str) -> int:
    try:
        return os.path.getsize(file)
    except FileNotFoundError:  # of a worker that has just ended
        return 0
