"""What the service counts: every name and label, declared once.

The request families are those of prometheus-flask-exporter grouped by URL rule, same names and labels, and
the exporter renders them. Its own hooks are not used: they take any method a client invents as a label, time
less of the request, and cost 80 us of CPU a request.

An answer is noted in plain numbers; `flush` carries them into the series, once a second in a worker, as each
inc() writes a mapped file under a lock, and an answer needs four. A worker that is killed takes the counts of
its last second with it.
"""

import threading
from bisect import bisect_left
from collections import Counter as CountOf
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.config import Settings
from app.exporter import make_exporter
from app.impressions.log import OUTCOMES as WRITING
from app.recent.cached import CACHE_OUTCOMES
from app.recommender import PERSONAL, POPULAR
from app.serving import OUTCOMES, ModelSlot

Noted = TypeVar("Noted")
SOURCES = (PERSONAL, POPULAR)
METHODS = ("GET", "HEAD")
OTHER_METHOD = "other"
NO_RULE = "none"
# Around what matters: a stored list (1 ms), a computed one, one attempt of NGINX (250 ms).
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


LISTS = "Answers of /recommend by model and where their list comes from"
NOTED = "Answers by whether IMPRESSIONS=log has written them down; all but `written` are lost"
PRESENT = "1 where each worker has the model, 0 where it could not be used since the start"
NEW_MODELS = "New models found in MODEL_DIR or MODELS, by worker and by what became of them"


@dataclass(frozen=True, slots=True)
class Families:
    """Every family of series."""

    duration: Histogram
    requests: Counter
    recommendations: Counter
    loads: Counter
    impressions: Counter
    cached: Counter
    info: Gauge
    present: Gauge

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> "Families":
        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(name, meaning, (*labels, "track"), registry=registry)

        return cls(
            duration=Histogram(
                "flask_http_request_duration_seconds",
                "Time until an answer was ready",
                ("method", "url_rule", "status", "track"),
                buckets=BUCKETS_S,
                registry=registry,
            ),
            requests=counter("flask_http_request", "Requests answered", "method", "status"),
            recommendations=counter("marquee_recommendations", LISTS, "model", "source"),
            loads=counter("marquee_model_loads", NEW_MODELS, "model", "outcome"),
            impressions=counter("marquee_impressions", NOTED, "outcome"),
            cached=counter(
                "marquee_list_cache",
                "Computed lists by whether LIST_CACHE had them; none without it",
                "outcome",
            ),
            # Of those who live: a worker that has ended no longer says what it served.
            info=Gauge(
                "marquee_model_info",
                "1 for a model in use",
                ("model", "model_version", "release", "code_revision", "track"),
                registry=registry,
                multiprocess_mode="livemax",
            ),
            present=Gauge(
                "marquee_model_present",
                PRESENT,
                ("model", "track"),
                registry=registry,
                multiprocess_mode="livemin",
            ),
        )


class ServiceMetrics:
    """The series of one instance, each of its labels from a closed set; user ids are never among them."""

    def __init__(self, settings: Settings, served: Mapping[str, Iterable[int]]) -> None:
        """Declare every series and start it at zero: `increase()` misses the first event of a new one.

        `served` names the URL rules and the statuses that each is documented to answer with.
        """
        self._track = settings.track
        self._exporter = make_exporter(settings)
        self._families = Families.declare(self._exporter.registry)
        names = [name for name, _ in settings.named_models]
        self._recommendations = self._of_models(self._families.recommendations, names, SOURCES)
        self._loads = self._of_models(self._families.loads, names, OUTCOMES)
        self._impressions = {one: self._families.impressions.labels(one, self._track) for one in WRITING}
        self._cached = {one: self._families.cached.labels(one, self._track) for one in CACHE_OUTCOMES}
        self._answers: dict[tuple[str, str, str], tuple[Histogram, Counter]] = {}
        self._shown: list[Gauge] = []
        # Appending and taking from the left need no lock of ours: threads that answer never wait here.
        self._noted: deque[tuple[tuple[str, str, str], float]] = deque()
        self._first = names[0]
        self._noted_sources: deque[str] = deque()
        self._noted_named: deque[tuple[str, str]] = deque()
        self._noted_cached: deque[str] = deque()
        self._flushing = threading.Lock()
        for rule, statuses in served.items():
            for status in {*statuses, 500}:
                self._answer("GET", rule, str(status))

    def count_answer(self, method: str, rule: str | None, status: str, seconds: float) -> None:
        """Note one answer; `status` is the three digits."""
        self._noted.append(((method, rule or NO_RULE, status), seconds))

    def count_recommendation(self, source: str) -> None:
        """Note a list of the first model, nearly every one."""
        self._noted_sources.append(source)

    def count_named(self, model: str, source: str) -> None:
        self._noted_named.append((model, source))

    def flush(self) -> None:
        """Carry what was noted into the series, where the pages of other workers find it."""
        with self._flushing:
            times: dict[tuple[str, str, str], list[float]] = {}
            for key, seconds in _taken(self._noted):
                times.setdefault(key, []).append(seconds)
            for key, found in times.items():
                duration, requests = self._answers.get(key) or self._answer(*key)
                observe_all(duration, found)
                requests.inc(len(found))
            for source, count in CountOf(_taken(self._noted_sources)).items():
                self._recommendations[self._first, source].inc(count)
            for which, count in CountOf(_taken(self._noted_named)).items():
                self._recommendations[which].inc(count)
            for outcome, count in CountOf(_taken(self._noted_cached)).items():
                self._cached[outcome].inc(count)

    def count_load(self, outcome: str, model: str) -> None:
        self._loads[model, outcome].inc()

    def count_impressions(self, outcome: str, count: int) -> None:
        self._impressions[outcome].inc(count)

    def count_cached(self, outcome: str) -> None:
        self._noted_cached.append(outcome)

    def show_models(self, slots: Iterable[ModelSlot]) -> None:
        """Say which models this process serves, no others, and which are missing."""
        now = []
        for slot in slots:
            serving = slot.current
            self._families.present.labels(slot.name, self._track).set(serving is not None)
            if serving is not None:
                now.append(self._families.info.labels(model=slot.name, **serving.labels()))
        for gauge in self._shown:
            gauge.set(0)
        for gauge in now:
            gauge.set(1)
        self._shown = now

    def render(self) -> tuple[bytes, str]:
        """Return all series of all workers, and their content type; those of others may be a second old."""
        self.flush()
        text, content_type = self._exporter.generate_metrics()
        return text.encode(), content_type

    def _of_models(
        self, family: Counter, names: Sequence[str], values: Sequence[str]
    ) -> dict[tuple[str, str], Counter]:
        return {(name, one): family.labels(name, one, self._track) for name in names for one in values}

    def _answer(self, method: str, rule: str, status: str) -> tuple[Histogram, Counter]:
        known = method if method in METHODS else OTHER_METHOD
        series = (
            self._families.duration.labels(known, rule, status, self._track),
            self._families.requests.labels(known, status, self._track),
        )
        if known == method:  # the cache too must not grow with what clients invent
            self._answers[method, rule, status] = series
        return series


def observe_all(histogram: Histogram, seconds: Sequence[float]) -> None:
    """Observe many values at the price of one, with the client's inner parts: it has no call for it."""
    bounds, buckets = histogram._upper_bounds, histogram._buckets
    histogram._sum.inc(sum(seconds))
    for place, count in CountOf(bisect_left(bounds, one) for one in seconds).items():
        buckets[place].inc(count)


def _taken(noted: "deque[Noted]") -> Iterator[Noted]:
    """Yield what was noted up to now, and forget it."""
    for _ in range(len(noted)):
        yield noted.popleft()
