"""Simulated lines as segments of a data directory, where no broker is: `make run`; instances hear of them."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from auto_deployment.config.recent import RecentSettings
from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Event, Rejection, parse
from auto_deployment.dataset.segments import list_segments, publish_segment, stage_segment
from auto_deployment.ingest.recent.choose import RecentChoice
from auto_deployment.ingest.recent.lengths import FinishedAfter
from auto_deployment.ingest.recent.wiring import telling
from auto_deployment.paths import Paths
from auto_deployment.simulate.damage import Message

log = logging.getLogger(__name__)

EVERY_S = 60.0  # then what happened becomes a segment


class LiveSegments:
    """Takes lines and closes them into a segment now and then; `heard` is told of each event at once.

    What a kill takes becomes no segment.
    """

    def __init__(
        self,
        paths: Paths,
        scale: tuple[float, float],
        clock: Callable[[], float] = time.monotonic,
        heard: Callable[[Event], None] | None = None,
    ) -> None:
        self._paths, self._scale, self._clock, self._heard = paths, scale, clock, heard
        self._builder = SegmentBuilder()
        self._since_s: float | None = None

    def write(self, lines: Sequence[Message]) -> None:
        """Take lines in; raise `OSError` when a segment is due and cannot be written."""
        for line in lines:
            event = parse(line, rating_scale=self._scale)
            if isinstance(event, Rejection):
                log.error("A simulated line was not taken: %s", event)
                continue
            self._builder.add(event)
            if self._heard is not None:
                self._heard(event)
            self._since_s = self._clock() if self._since_s is None else self._since_s
        if self._since_s is not None and self._clock() - self._since_s >= EVERY_S:
            self.close()

    def close(self) -> None:
        """Make a segment of what was taken in, if anything was."""
        if self._since_s is None:
            return
        builder, self._builder, self._since_s = self._builder, SegmentBuilder(), None
        now = datetime.now(UTC)
        source = {"kind": "simulation", "written_at": now.isoformat()}
        name = f"simulation-live-{now:%Y%m%dT%H%M%S%f}"
        publish_segment(
            stage_segment(
                self._paths.segments,
                name,
                builder.record_batches(),
                lambda: builder.meta(source, self._scale),
            )
        )


@contextmanager
def open_segments(
    paths: Paths, scale: tuple[float, float], recent: RecentSettings
) -> Iterator[Callable[[Sequence[Message]], None]]:
    """Give a function that takes lines, and tells instances as `ingest` does.

    Leaving the block makes a segment of the last ones.
    """
    choice = RecentChoice(scale, FinishedAfter(paths.catalog))
    with telling(recent, choice, list_segments(paths.segments), CollectorRegistry()) as heard:
        segments = LiveSegments(paths, scale, heard=heard)
        yield segments.write
        segments.close()
