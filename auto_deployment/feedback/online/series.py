"""What joining and measuring tell Prometheus: by track and by reason, never by user."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily

from auto_deployment.feedback.measures import Measured

PREFIX = "marquee_feedback_"
TRACKS = ("stable", "canary")
ENDS = (
    "joined", "stream_alone", "stream_too_far", "stream_partner_taken",
    "edge_alone", "edge_too_far", "edge_partner_taken", "edge_waiting",
)  # fmt: skip
BOUNDS = ("value", "low", "high")


@dataclass(frozen=True, slots=True)
class Joined:
    """What is known after a round."""

    now: datetime
    seconds: float
    behind_s: float
    lines: Mapping[str, int]  # of the last 24 hours
    joined_share: float | None  # of the stream's lists, in the newest whole hour that had enough of them
    difference_s: float | None
    outcomes: int


@dataclass(eq=False, slots=True)  # a registry keeps it in a set
class JoinMetrics:
    """The metrics of one joiner. Counts begin at zero; what cannot be said yet is absent, not zero."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    joined: Joined | None = None
    tracks: Sequence[Measured] = ()
    releases: int = 0  # measured since the start

    def __post_init__(self) -> None:
        """Answer whenever Prometheus asks."""
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield what was known last."""
        yield from self._of_rounds()
        yield from self._of_tracks()

    def _of_rounds(self) -> Iterator[Metric]:
        known = self.joined
        lines = known.lines if known else {}
        yield _family(
            "lines", "Lines of the last 24 hours by what they found", ["end"],
            (((end,), lines.get(end, 0)) for end in ENDS),
        )  # fmt: skip
        single = {
            "outcomes": ("Watches of lists, of yesterday and today", known.outcomes if known else 0),
            "measured_releases": ("Files of measures written since the start", self.releases),
            "joined_ratio": (
                "Of the stream's lists in the newest whole hour, those that found their request",
                known.joined_share if known else None,
            ),
            "clock_difference_seconds": (
                "How far this host is ahead of the stream", known.difference_s if known else None
            ),
            "join_behind_seconds": (
                "How far the stream is behind the newest request", known.behind_s if known else None
            ),
            "join_timestamp_seconds": (
                "When a round of joining ended last", known.now.timestamp() if known else None
            ),
            "join_seconds": ("That it took", known.seconds if known else None),
        }  # fmt: skip
        for name, (text, value) in single.items():
            yield _family(name, text, [], [((), value)])

    def _of_tracks(self) -> Iterator[Metric]:
        found = {one.value: one for one in self.tracks}
        counts = {track: found.get(track) for track in TRACKS}
        yield _family(
            "shown_lists", "Lists of the last hours (series_hours)", ["track"],
            (((track,), one.impressions if one else 0) for track, one in counts.items()),
        )  # fmt: skip
        yield _family(
            "shown_users", "To so many users", ["track"],
            (((track,), one.users if one else 0) for track, one in counts.items()),
        )  # fmt: skip
        yield _family(
            "measure", "Online measures of these lists, with the bounds of their intervals",
            ["track", "measure", "bound"],
            (sample for track, one in counts.items() if one for sample in _measures(track, one)),
        )  # fmt: skip


def _measures(track: str, one: Measured) -> Iterator[tuple[tuple[str, ...], float | None]]:
    for name, estimate in one.estimates.items():
        for bound in BOUNDS:
            yield (track, name, bound), estimate[bound]
    yield (track, "coverage", "value"), one.coverage
    yield (track, "popularity", "value"), one.popularity


def _family(
    name: str, text: str, labels: Sequence[str], samples: Iterable[tuple[Sequence[str], float | None]]
) -> Metric:
    """Return a gauge; a sample without a value is left out."""
    family = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    for values, value in samples:
        if value is not None:
            family.add_metric(values, value)
    return family
