"""The loop: lines come, batches fill and are closed, nothing is taken twice."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from auto_deployment.dataset.events import Event
from auto_deployment.errors import MarqueeError
from auto_deployment.host.signals import Stop
from auto_deployment.ingest import open_since
from auto_deployment.ingest.health import Health
from auto_deployment.ingest.metrics import IngestMetrics
from auto_deployment.ingest.open_batch import OpenBatch
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.positions import StreamChangedError
from auto_deployment.ingest.rating_scale import doubt
from auto_deployment.ingest.sort_lines import sort_lines
from auto_deployment.ingest.stream import Polled, Stream
from auto_deployment.ingest.write_batch import Written, write_batch
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)

_POLL_S = 0.5


class NotWrittenError(MarqueeError):
    """The last batch could not be written before the end."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """`steady_s` measures how long, and never goes back; `now` says when."""

    steady_s: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the loop tells others about itself."""

    metrics: IngestMetrics
    health: Health


class AfterBatch(Protocol):
    """What follows a written batch. Nothing in it can fail the loop."""

    def movies(self) -> MovieIds:
        """Return which movie ids are taken from now on."""

    def after(self, batch: OpenBatch, written: Written, stop: Stop) -> None:
        """Do what is to be done once a segment is there."""


class Listener:
    """Reads one stream into the segments of one data directory, and is the only one that does."""

    def __init__(
        self,
        stream: Stream,
        paths: Paths,
        params: IngestParams,
        rating_scale: tuple[float, float],
        telemetry: Telemetry,
        after_batch: AfterBatch,
        clocks: Clocks,
        heard: Callable[[Event], None] | None = None,
    ) -> None:
        """Make it; `heard` is told of each event that was taken."""
        self._stream, self._heard = stream, heard
        self._paths = paths
        self._params = params
        self._rating_scale = rating_scale
        self._metrics, self._health = telemetry.metrics, telemetry.health
        self._after_batch = after_batch
        self._clocks = clocks
        self._movies = after_batch.movies()
        self._batch = OpenBatch({}, heard)
        self._failed = False
        self._doubted: OpenBatch | None = None

    def run(self, stop: Stop, is_done: Callable[[], bool]) -> None:
        """Go round until told to stop, done, or at the end of the stream; then close the open batch.

        Raises `StreamChangedError` once what came before the change is written, and `NotWrittenError`.
        """
        try:
            while not stop.is_set() and self.step(stop) and not is_done():
                pass
        except StreamChangedError:
            self._finish(stop)
            raise
        self._finish(stop)

    def step(self, stop: Stop) -> bool:
        """Take what one poll gives and close the batch if it is due; return whether the stream goes on.

        While a batch cannot be written nothing more is taken: it waits in memory, the rest in the broker.
        """
        if self._failed:
            stop.wait(self._params.retry_write_s)
            self._close(stop)
            self._health.turned(lines=False)
            return True
        polled = self._stream.poll(_POLL_S)
        if polled is None:
            return False
        self._take(polled)
        if self._batch.is_due(self._clocks.steady_s(), self._params.batch):
            self._close(stop)
        return True

    def _take(self, polled: Polled) -> None:
        batch, had_lines = self._batch, self._batch.lines > 0
        if not had_lines:
            batch.begin(self._clocks.steady_s())
            self._movies = self._after_batch.movies()
        for partition, lines in polled.lines.items():
            sort_lines(lines, partition, batch, self._movies, self._rating_scale)
        if batch.lines and not had_lines:
            open_since.note(self._paths.open_batch, self._clocks.now())
        batch.advance(polled)
        for partition, (first, after) in polled.lost.items():
            said = "Offsets %d to %d of partition %d are lost: the broker removed these %d before we came."
            log.error(said, first, after - 1, partition, after - first)
        self._doubt_scale()
        self._health.trouble = self._stream.trouble
        self._health.turned(lines=any(polled.lines.values()))
        self._metrics.took(batch)
        self._metrics.moved(batch.next, self._stream.lag(), polled.lost)
        self._metrics.shows(self._health)

    def _doubt_scale(self) -> None:
        """Say once for each batch that the scale is probably wrong."""
        batch, inside = self._batch, self._batch.builder.counts()["rating"]
        said = doubt(batch.outside_scale, inside, self._rating_scale, self._params.scale)
        if said:
            if self._doubted is not batch:
                log.error(said)
            self._doubted = batch
            self._health.rating_scale = said

    def _close(self, stop: Stop) -> None:
        batch, begun = self._batch, self._clocks.steady_s()
        stream = self._stream
        try:
            written = write_batch(
                self._paths, batch, stream.label, stream.source, self._rating_scale, self._clocks.now
            )
        except OSError as error:
            self._metrics.write_failures.inc()
            log.error("A batch of %d lines could not be written and waits: %s", batch.lines, error)
            self._failed = True
            return
        self._failed = False
        seconds = self._clocks.steady_s() - begun
        self._metrics.wrote(written, seconds)
        log.info(
            "Wrote %s: %d lines, %d of them rejected, %d bytes in %.2f s; behind by %d",
            written.name,
            batch.lines,
            len(batch.rejected),
            written.nbytes,
            seconds,
            sum(stream.lag().values()),
        )
        if self._doubted is not batch and batch.builder.counts()["rating"]:
            self._health.rating_scale = ""
        if not stream.commit(batch.next):
            self._metrics.commit_failures.inc()
        self._batch = OpenBatch(batch.next, self._heard)
        self._paths.open_batch.unlink(missing_ok=True)
        self._after_batch.after(batch, written, stop)

    def _finish(self, stop: Stop) -> None:
        """Close the open batch; on the way out a failed attempt is the last."""
        while self._batch.lines:
            self._close(stop)
            if not self._failed:
                return
            if stop.is_set():
                raise NotWrittenError(
                    f"{self._batch.lines} lines could not be written to {self._paths.segments}: make room, "
                    "they are read again at the next start."
                )
            stop.wait(self._params.retry_write_s)
