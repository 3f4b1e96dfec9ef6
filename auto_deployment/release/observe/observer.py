"""Takes ticks: what the edge log, Prometheus and NGINX say at one moment, added to the release's record."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge.split import Weights, is_usual
from auto_deployment.release.judge.ticks import Tick, evidence
from auto_deployment.release.judge.watched import Watched
from auto_deployment.release.observe.edge_log import EdgeRead, EdgeReader, Follows
from auto_deployment.release.observe.measurements import Measurements, Metrics
from auto_deployment.release.observe.nginx_status import log_stopped, requests_between
from auto_deployment.release.observe.watched_file import WatchedFile
from auto_deployment.release.release import Phase, Release
from auto_deployment.release.store import Record

log = logging.getLogger(__name__)

LONGEST_TICKS = 2.0  # after a pause of the controller no more than this many ticks count as looked at


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence comes from; `requests` is NGINX's own counter, None where it does not answer."""

    edge_log: Follows
    metrics: Metrics
    requests: Callable[[], int | None]
    watched: WatchedFile | None = None  # None: there is no feedback


class Observer:
    """Follows one release at a time. What it returns counts only once it has been written."""

    def __init__(self, sources: Sources, tick_s: float) -> None:
        self._sources, self._tick_s = sources, tick_s
        self._reader: EdgeReader | None = None
        self._release = ""
        # NGINX's count at the last tick taken, and at the last one that was written: what it counts from.
        self._taken: tuple[datetime | None, int | None] = (None, None)
        self._written: tuple[datetime | None, int | None] = (None, None)

    def is_due(self, record: Record, now: datetime) -> bool:
        """Tell whether it is time for the next tick."""
        return (now - self._last(record, now)).total_seconds() >= self._tick_s

    def add_tick(
        self, record: Record, now: datetime, tracks_present: bool, weights: Weights | None = None
    ) -> Record:
        """Return the record with one more tick; `weights` says how users are split, None: not known."""
        release, reader = record.release, self._reader_of(record)
        read = _read(reader)
        requests = self._sources.requests()
        before = self._requests_before(record)
        duration_s = (now - self._last(record, now)).total_seconds()
        between, self._taken = requests_between(before, requests), (now, requests)
        since = release.entered(Phase.BAKING) or now
        measured = self._sources.metrics.measure(max((now - since).total_seconds(), 1.0), now)
        problem = _problem(read, measured, between, duration_s)
        if problem:
            log.warning("Metrics are unavailable: %s", problem)
        tick = Tick(
            time=now,
            duration_s=min(duration_s, LONGEST_TICKS * self._tick_s),
            phase=release.phase.value,
            counts=read.counts if read else {},
            mean_latency_ms=measured.mean_latency_ms,
            metrics_available=not problem,
            tracks_present=tracks_present and is_usual(weights or {}, record.ticks),
            damaged_lines=read.damaged if read else 0,
            foreign_attempts=read.foreign_attempts if read else 0,
            weights=weights or {},
            watched=self._watched(record, now),
            groups=read.groups if read else {},
        )
        return replace(record, ticks=(*record.ticks, tick), edge=reader.state())

    def ask(self, release: Release | None) -> None:
        """Let feedback count for this release, as long as it bakes."""
        if self._sources.watched is not None:
            self._sources.watched.ask(release)

    def _watched(self, record: Record, now: datetime) -> Watched | None:
        """Return what feedback has counted, None where it says nothing new."""
        if self._sources.watched is None or record.release.phase is not Phase.BAKING:
            return None
        found = self._sources.watched.read(record.release, now)
        before = (tick.watched for tick in reversed(evidence(record.ticks)) if tick.watched is not None)
        return None if found == next(before, None) else found

    def begin_evidence(self, record: Record) -> Record:
        """Return the record at the end of warming: who was seen until now counts as new again."""
        reader = self._reader_of(record)
        _read(reader)
        reader.forget_users(record.release.id)
        return replace(record, edge=reader.state())

    def begin_anew(self, record: Record, why: str, now: datetime) -> Record:
        """Return the record with the evidence so far set aside: its ticks stay, and count no longer."""
        *before, last = record.ticks
        release = record.release.to(Phase.BAKING, now, f"The evidence begins anew: {why}.")
        log.warning("Release %s: %s", release.id, release.reason)
        ticks = (*before, replace(last, set_aside=True))
        return self.begin_evidence(replace(record, release=release, ticks=ticks))

    def begin(self, record: Record) -> Record:
        """Return the record with the log's present end as its beginning."""
        self._reader = None
        return replace(record, edge=self._reader_of(record).state())

    def undo(self) -> None:
        """What was returned last could not be written: the next tick reads the same lines again."""
        self._reader = None

    def _requests_before(self, record: Record) -> int | None:
        """Return NGINX's count at the record's last tick, None when that was another controller's."""
        last = record.ticks[-1].time if record.ticks else None
        if last == self._taken[0]:
            self._written = self._taken
        return self._written[1] if last == self._written[0] else None

    def _last(self, record: Record, now: datetime) -> datetime:
        """Return the end of the last tick, or the beginning of the phase that has none yet.

        When the clock was set back, what lies ahead says nothing: it is time for a tick of the usual length.
        """
        times = (record.release.since, *(tick.time for tick in record.ticks[-1:]))
        past = [time for time in times if time <= now]
        return max(past) if past else now - timedelta(seconds=self._tick_s)

    def _reader_of(self, record: Record) -> EdgeReader:
        identity = record.release.request
        if self._reader is None or self._release != identity:
            follows, release = self._sources.edge_log, record.release.id
            if record.edge is None:
                self._reader = EdgeReader.begin(follows, release)
            else:
                self._reader = EdgeReader.resume(follows, release, record.edge)
            self._release = identity
        return self._reader


def _read(reader: EdgeReader) -> EdgeRead | None:
    try:
        return reader.read()
    except MarqueeError as error:
        log.warning("The edge log cannot be read: %s", error)
        return None


def _problem(
    read: EdgeRead | None, measured: Measurements, requests: int | None, duration_s: float
) -> str | None:
    if read is None:
        return "the edge log cannot be read."
    if read.lost:
        return "a part of the edge log went away before it was read."
    if log_stopped(read.lines, requests, duration_s):
        return "the edge log has stopped while requests flow, or nobody can tell whether it has."
    return None if measured.available else measured.reason
