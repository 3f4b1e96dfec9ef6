"""Simulated lines as segments of a data directory, where no broker is: `make run`."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from auto_deployment.dataset.builder import SegmentBuilder
from auto_deployment.dataset.events import Rejection, parse
from auto_deployment.dataset.segments import publish_segment, stage_segment
from auto_deployment.paths import Paths
from auto_deployment.simulate.damage import Message

log = logging.getLogger(__name__)

EVERY_S = 60.0  # then what happened becomes a segment


class LiveSegments:
    """Takes lines and closes them into a segment now and then. What a kill takes was never told."""

    def __init__(
        self, paths: Paths, scale: tuple[float, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._paths, self._scale, self._clock = paths, scale, clock
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
def open_segments(paths: Paths, scale: tuple[float, float]) -> Iterator[Callable[[Sequence[Message]], None]]:
    """Give a function that takes lines; leaving the block makes a segment of the last ones."""
    segments = LiveSegments(paths, scale)
    yield segments.write
    segments.close()
