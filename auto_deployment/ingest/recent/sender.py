"""Tells what is new, beside the loop that takes lines: that one never waits, and never fails for it."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from app.recent.events import Forgotten, RecentEvent, render
from auto_deployment.dataset.events import Event
from auto_deployment.ingest.recent.choose import RecentChoice
from auto_deployment.ingest.recent.sinks import Sink, SinkError

MOST_WAITING = 100_000  # the oldest go first; some 15 MB, and as many told ones for a Redis that begins anew
AT_ONCE = 1000
IDLE_S = 0.2
AFTER_FAILURE_S = 1.0

log = logging.getLogger(__name__)


class SenderMetrics:
    """What Prometheus is told of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        prefix = "marquee_ingest_recent_"
        self.sent = Counter(prefix + "sent", "Recent events told", registry=registry)
        self.dropped = Counter(
            prefix + "dropped", "Recent events that found no room to wait", registry=registry
        )
        self.connected = Gauge(prefix + "connected", "1 while recent events can be told", registry=registry)


class RecentSender:
    """Holds what is still to be told. `heard` is called by the loop, `run` is a thread of its own.

    `forgotten` says whose earlier events do not count: others tell that as it happens, and a feed that begins
    anew has lost it.
    """

    def __init__(
        self,
        choice: RecentChoice,
        sink: Sink,
        metrics: SenderMetrics,
        most_waiting: int = MOST_WAITING,
        forgotten: Callable[[], Iterable[Forgotten]] = tuple,
    ) -> None:
        self._choice, self._sink, self._metrics, self._forgotten = choice, sink, metrics, forgotten
        self._waiting: deque[bytes] = deque()
        self._told: deque[bytes] = deque(maxlen=most_waiting)
        self._most_waiting = most_waiting
        self._trouble = ""

    def heard(self, event: Event) -> None:
        """Take an event that ingest has taken."""
        news = self._choice.of(event)
        if news is not None:
            self.tell(news)

    def tell(self, news: RecentEvent | Forgotten) -> None:
        if len(self._waiting) >= self._most_waiting:
            self._waiting.popleft()
            self._metrics.dropped.inc()
        self._waiting.append(render(news))

    def run(self, stop: threading.Event, before: Callable[[], None] = lambda: None) -> None:
        """Do what comes before, then go on until told to stop, and tell what is left if somebody takes it."""
        before()
        while not stop.is_set():
            stop.wait(self.step())
        while self.step() == 0:
            pass

    def step(self) -> float:
        """Tell some of what waits; return how long to wait for the next step."""
        lines = [self._waiting.popleft() for _ in range(min(len(self._waiting), AT_ONCE))]
        try:
            is_there = not lines or self._sink.send(lines)
        except SinkError as error:
            self._keep(lines, error)
            return AFTER_FAILURE_S
        if lines:
            self._was_told(lines)
        if not is_there:
            log.warning("Redis has begun anew: the last %d recent events are told again", len(self._told))
            self._put_back(self._told)
            self._told.clear()
            self._waiting.extendleft(reversed([render(one) for one in self._forgotten()]))
        return 0.0 if self._waiting else IDLE_S

    def _keep(self, lines: Sequence[bytes], error: SinkError) -> None:
        if not self._trouble:
            log.warning("Recent events wait: %s", error)
        self._trouble = str(error)
        self._metrics.connected.set(0)
        self._metrics.dropped.inc(self._put_back(lines))

    def _was_told(self, lines: Sequence[bytes]) -> None:
        if self._trouble:
            log.info("Recent events are told again")
        self._trouble = ""
        self._told.extend(lines)
        self._metrics.connected.set(1)
        self._metrics.sent.inc(len(lines))

    def _put_back(self, lines: Sequence[bytes]) -> int:
        """Let lines be told next, the newest first of all; return for how many there is no room."""
        room = self._most_waiting - len(self._waiting)
        without_room = max(len(lines) - room, 0)
        self._waiting.extendleft(reversed(list(lines)[without_room:]))
        return without_room
