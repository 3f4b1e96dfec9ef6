"""Plots of what users met: Prometheus' series, or where it is away what the console has counted itself."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from auto_deployment.console.live.edge_traffic import EdgeTraffic, Step
from auto_deployment.console.shown.plot import Plot, plot
from auto_deployment.release.observe.prometheus import Prometheus, Series, Unavailable

POINTS, SHORTEST_STEP_S = 60, 10.0
KEPT_S = 10.0
NONE_HERE = "No Prometheus runs here"


@dataclass(frozen=True, slots=True)
class Question:
    """A plot and what it asks Prometheus, as the dashboards do; times `scale` it is in `unit`."""

    title: str
    unit: str
    query: str
    scale: float = 1.0


QUESTIONS = (
    Question("Answers", "a second", "track:answers:rate5m"),
    Question("Answers with 5xx", "%", "track:errors:ratio5m", 100),
    Question("Mean time of a list", "ms", "track:recommend_seconds:mean5m", 1000),
    Question("Slowest twentieth", "ms", "track:recommend_seconds:p95_5m", 1000),
    Question("Popularity lists", "%", "track:popular:ratio5m", 100),
    Question(
        "Answered by no instance",
        "requests a second, 0.2 of them NGINX's own checks",
        "edge:unanswered:rate2m",
    ),
    Question("Last line of the stream", "s ago", "marquee_ingest_last_line_age_seconds"),
)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time; open pages of one name share an answer for some seconds."""

    name: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Plots:
    """All plots; `said` is what is to be known of where they come from."""

    plots: Sequence[Plot]
    said: str = ""


class Metrics:
    """Asks once for all who look at a time. Without a Prometheus (None) the console's own counts are all."""

    def __init__(
        self, prometheus: Prometheus | None, traffic: EdgeTraffic, now: Callable[[], datetime]
    ) -> None:
        self.prometheus, self._traffic, self._now = prometheus, traffic, now
        self._turn = threading.Lock()
        self._kept: dict[str, tuple[datetime, Plots]] = {}

    def plots(self, window: Window) -> Plots:
        """Return the plots of a time."""
        if self.prometheus is None:
            return self._own(NONE_HERE)
        with self._turn:
            asked_at, found = self._kept.get(window.name, (None, None))
            now = self._now()
            if (
                found is None
                or asked_at is None
                or not timedelta() <= now - asked_at < timedelta(seconds=KEPT_S)
            ):
                found = self._ask(self.prometheus, window)
                self._kept[window.name] = self._now(), found
            return found

    def _ask(self, prometheus: Prometheus, window: Window) -> Plots:
        span_s = max((window.end - window.begin).total_seconds(), SHORTEST_STEP_S)
        step_s = max(span_s / POINTS, SHORTEST_STEP_S)
        plots = []
        for question in QUESTIONS:
            found = prometheus.series(question.query, window.begin, window.end, round(step_s))
            if isinstance(found, Unavailable):
                return self._own(f"Prometheus does not answer ({found.reason})")
            plots.append(_plot(question, found))
        return Plots(plots)

    def _own(self, why: str) -> Plots:
        since = self._traffic.since
        told = f"what the console has counted since {since:%Y-%m-%d %H:%M} UTC" if since else "nothing yet"
        return Plots(_own_plots(self._traffic.minutes()), f"{why}: shown is {told}, an hour at most.")


def _plot(question: Question, found: Mapping[str, Series]) -> Plot:
    times = sorted({at for series in found.values() for at in series})
    series = {
        track or "all": [None if (one := values.get(at)) is None else one * question.scale for at in times]
        for track, values in sorted(found.items(), reverse=True)
    }
    return plot(question.title, question.unit, [datetime.fromtimestamp(at, UTC) for at in times], series)


def _own_plots(minutes: Sequence[tuple[int, Step]]) -> list[Plot]:
    times = [datetime.fromtimestamp(minute, UTC) for minute, _ in minutes]
    tracks = sorted({track for _, step in minutes for track in step}, reverse=True)

    def of(title: str, unit: str, value: Callable[[Step, str], float | None]) -> Plot:
        return plot(
            title, unit, times, {track: [value(step, track) for _, step in minutes] for track in tracks}
        )

    def percent(part: str, whole: str) -> Callable[[Step, str], float | None]:
        def value(step: Step, track: str) -> float | None:
            counts = step.get(track)
            if counts is None or not getattr(counts, whole):
                return None
            return float(100 * getattr(counts, part) / getattr(counts, whole))

        return value

    return [
        of("Answers", "a second", lambda step, track: step[track].requests / 60 if track in step else 0.0),
        of("Answers with 5xx", "%", percent("errors", "requests")),
        of(
            "Slowest twentieth",
            "ms",
            lambda step, track: step[track].quantile_ms(0.95) if track in step else None,
        ),
        of("Popularity lists", "%", percent("popular", "lists")),
    ]
