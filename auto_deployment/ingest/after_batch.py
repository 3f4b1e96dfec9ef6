"""What follows a written batch: comparing, tidying the quarantine, joining segments, asking."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from auto_deployment.dataset.compaction import compact
from auto_deployment.dataset.corrections.rewriting import rewrite
from auto_deployment.dataset.corrections.wishes import wishes
from auto_deployment.dataset.quarantine_limit import enforce_limit
from auto_deployment.errors import MarqueeError
from auto_deployment.host.locks import BusyError, only_one
from auto_deployment.host.signals import Stop
from auto_deployment.ingest.drift.drift import Sample, find_drift
from auto_deployment.ingest.drift.file import load_history, save_history
from auto_deployment.ingest.drift.findings import add_findings
from auto_deployment.ingest.health import Health
from auto_deployment.ingest.metrics import IngestMetrics
from auto_deployment.ingest.open_batch import OpenBatch
from auto_deployment.ingest.params import IngestParams
from auto_deployment.ingest.platform.movie_ids import CatalogueReader, MovieIds
from auto_deployment.ingest.write_batch import Written
from auto_deployment.paths import Paths

log = logging.getLogger(__name__)


class StoppedError(MarqueeError):
    """The process is to end; what was begun is given up."""


@dataclass(frozen=True, slots=True)
class BatchContext:
    """Where things are, how much is allowed, and whom to tell."""

    paths: Paths
    params: IngestParams
    metrics: IngestMetrics
    health: Health
    now: Callable[[], datetime]


class UsualAfterBatch:
    """Keeps what surrounds the segments in order. What fails is logged and left for the next time."""

    def __init__(self, context: BatchContext, catalogue: CatalogueReader) -> None:
        self._context = context
        self._catalogue = catalogue
        self._history = load_history(context.paths.drift_history)
        self._compacted: date | None = None

    def movies(self) -> MovieIds:
        return self._catalogue.movies()

    def after(self, batch: OpenBatch, written: Written, stop: Stop) -> None:
        try:
            self._compare(batch, written)
            dropped = enforce_limit(
                self._context.paths.quarantine, self._context.params.quarantine.max_mb << 20
            )
            self._context.metrics.quarantine_dropped.set(dropped.lines)
            # A late line would bring back what the catalogue has forgotten.
            forgotten = {wish.user_id for wish in wishes(self._context.paths.segments)}
            self._catalogue.ask_about(batch.builder.raters() - forgotten)
            self._compact(stop)
        except StoppedError:
            log.info("Joining was given up: we are to end")
        except (OSError, MarqueeError) as error:
            log.error("The segment is safe, but what follows it failed: %s", error)

    def _compare(self, batch: OpenBatch, written: Written) -> None:
        params, today = self._context.params.drift, self._context.now().date()
        sample, movie_lines = sample_of(batch, written), batch.builder.movie_lines()
        findings = find_drift(sample, movie_lines, self._history, params)
        for check, found in findings.items():
            said = "%s changed strongly: %.4g, in the last days %.4g (%d lines)"
            log.warning(said, check, found.now, found.before, found.lines)
        self._context.metrics.drifted(findings)
        add_findings(self._context.paths.drift_findings, findings, self._context.now(), params.trailing_days)
        self._history = self._history.with_batch(today, sample, movie_lines, params.trailing_days)
        save_history(self._context.paths.drift_history, self._history)

    def _compact(self, stop: Stop) -> None:
        """Join finished days, once a day and at the first batch after a start."""
        today = self._context.now().date()
        if self._compacted == today:
            return

        def check() -> None:
            self._context.health.turned(lines=False)
            if stop.is_set():
                raise StoppedError("stopped")

        try:
            with only_one(self._context.paths.compaction_lock, "Joining segments"):
                rewrite(self._context.paths, check)
                done = compact(self._context.paths, today, self._context.params.compaction.max_lines, check)
        except BusyError as busy:
            log.info("%s", busy)
            return
        if not done.put_off:
            self._compacted = today


def sample_of(batch: OpenBatch, written: Written) -> Sample:
    """Return what the lines of a batch look like."""
    counts = written.meta.counts
    total, squares = batch.builder.rating_moments()
    kinds = ("watch", "rating", "recommendation", "account", "rejected")
    return Sample({kind: counts[kind] for kind in kinds}, counts["rating"], total, squares)
