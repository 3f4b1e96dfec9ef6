"""Whether the process is alive, whether lines come, and the metrics: over HTTP, on a port of its own."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from prometheus_client import CollectorRegistry

from auto_deployment.host.metrics_server import Answer, serving

_STUCK_AFTER_S = 900.0  # joining a day's segments may take minutes
_JSON = "application/json"


class Health:
    """What the loop last did, to be read by another thread."""

    def __init__(self, stale_after_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stale_after_s = stale_after_s
        self._clock = clock
        self._turned_s = self._line_s = clock()
        self.trouble = ""
        self.rating_scale = ""  # why it is probably the wrong one

    def turned(self, lines: bool) -> None:
        """Note that the loop went round, and whether lines came."""
        self._turned_s = self._clock()
        if lines:
            self._line_s = self._turned_s

    @property
    def is_alive(self) -> bool:
        return self._clock() - self._turned_s < _STUCK_AFTER_S

    @property
    def line_age_s(self) -> float:
        """Seconds since the last line, or since the start."""
        return self._clock() - self._line_s

    @property
    def is_stale(self) -> bool:
        return self.line_age_s >= self._stale_after_s

    def as_json(self) -> dict[str, Any]:
        return {
            "alive": self.is_alive,
            "stale": self.is_stale,
            "last_line_age_s": round(self.line_age_s, 1),
            "trouble": self.trouble,
            "rating_scale": self.rating_scale,
        }


def serve(host: str, port: int, health: Health, registry: CollectorRegistry) -> AbstractContextManager[int]:
    """Answer /metrics, /health/live (503 when stuck) and /health/fresh (503 when stale); yield the port."""
    return serving((host, port), "INGEST_METRICS_PORT", registry, lambda path: _answer(path, health))


def _answer(path: str, health: Health) -> Answer:
    if path in ("/health/live", "/health/fresh"):
        well = health.is_alive if path == "/health/live" else health.is_alive and not health.is_stale
        return 200 if well else 503, _JSON, json.dumps(health.as_json()).encode()
    return 404, _JSON, b'{"error": "there are /metrics, /health/live and /health/fresh"}'
