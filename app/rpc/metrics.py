"""What the gRPC door counts, beside what it counts as HTTP does: lists, models, impressions."""

from collections import deque
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.config import Settings
from app.metrics import ServiceMetrics, observe_all

# Closed: labels never come from a client.
CODES = ("OK", "INVALID_ARGUMENT", "NOT_FOUND", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE")
METHODS = ("Recommend", "Similar", "Popular", "ModelStatus")
# A stored list takes some 20 us here; what gRPC itself takes of a call is not in it.
BUCKETS_S = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25)


@dataclass(frozen=True, slots=True)
class RpcFamilies:
    """The families of series that only this door has."""

    duration: Histogram
    calls: Counter

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> "RpcFamilies":
        return cls(
            duration=Histogram(
                "marquee_rpc_duration_seconds",
                "Time to work out the answer of a call, without what gRPC takes",
                ("method", "track"),
                buckets=BUCKETS_S,
                registry=registry,
            ),
            calls=Counter(
                "marquee_rpc_calls", "Calls answered", ("method", "code", "track"), registry=registry
            ),
        )


class RpcMetrics(ServiceMetrics):
    """The series of one instance, each of its labels from a closed set; user ids are never among them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, {})
        families = RpcFamilies.declare(self._exporter.registry)
        self._durations = {one: families.duration.labels(one, settings.track) for one in METHODS}
        self._counts = {
            (method, code): families.calls.labels(method, code, settings.track)
            for method in METHODS
            for code in CODES
        }
        self._noted_calls: deque[tuple[tuple[str, str], float]] = deque()

    def count_call(self, which: tuple[str, str], seconds: float) -> None:
        """Note one call by its method and the name of its status."""
        self._noted_calls.append((which, seconds))

    def flush(self) -> None:
        """Carry what was noted into the series, where others find it."""
        super().flush()
        noted = self._noted_calls
        seconds: dict[tuple[str, str], list[float]] = {}
        for _ in range(len(noted)):
            which, took = noted.popleft()
            seconds.setdefault(which, []).append(took)
        for which, found in seconds.items():
            observe_all(self._durations[which[0]], found)
            self._counts[which].inc(len(found))
