"""Brings both tables up to date: each period is made again where what it is made of has changed."""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from auto_deployment.dataset.catalog import MOVIES
from auto_deployment.dataset.locks import reading
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.files import Facts, microseconds, moment
from auto_deployment.feedback.forgotten import counted, left, publishing, wishes_now
from auto_deployment.feedback.impressions import MARGIN_US, edge_span, join_hour
from auto_deployment.feedback.outcomes import credit, watch_span
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.feedback.service.rows import SERVICE
from auto_deployment.feedback.sources import Sources, Span
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES, TITLES, FeedbackTable
from auto_deployment.feedback.watched.writing import WatchedCounts
from auto_deployment.host.files import remove_leftovers
from auto_deployment.paths import FeedbackLayout, Paths

log = logging.getLogger(__name__)

RULES = 1  # raise it with a change of what is joined: every period that still can be is made again


@dataclass
class Round:
    """What one round has made again, and how far the stream was behind the edge log."""

    hours: list[datetime] = field(default_factory=list)
    days: list[datetime] = field(default_factory=list)
    removed: int = 0
    behind_s: float = 0.0


class Joiner:
    """Joins what is there; there may be only one. Killed anywhere, the next round does what is left."""

    def __init__(self, paths: Paths, store: FeedbackStore, engine: Engine, params: FeedbackParams) -> None:
        self._paths, self._store, self._engine, self._params = paths, store, engine, params
        self._layout = FeedbackLayout(paths.feedback)
        self._watched = WatchedCounts(paths, store, engine, timedelta(days=params.keep_days))

    def step(self, now: datetime) -> Round:
        """Make again every hour and day whose files have changed; raise `MarqueeError`."""
        done = Round()
        for table in (IMPRESSIONS, OUTCOMES, TITLES):
            if (folder := self._layout.table(table.name)).exists():
                remove_leftovers(folder)
        self._layout.spill.mkdir(parents=True, exist_ok=True)
        with reading(self._paths.segments):
            service = self._layout.table(SERVICE)
            sources = Sources.below(self._layout.edge, self._paths.segments, service)
            done.behind_s = sources.behind_s
            self._join_hours(sources, now, done)
            self._join_days(sources, now, done)
        with publishing(self._layout.root):
            done.removed = self._store.remove_before(now - timedelta(days=self._params.keep_days))
        self._watched.write(moment(sources.stream_end_us), now)
        return done

    def _join_hours(self, sources: Sources, now: datetime, done: Round) -> None:
        there = self._store.facts(IMPRESSIONS)
        params = self._params.join
        oldest = IMPRESSIONS.begin_of(now - timedelta(hours=self._params.late_max_h))
        for begin in self._hours(sources, oldest):
            hour = _span(IMPRESSIONS, begin)
            made_of = self._digest(
                [path.stem for path in sources.edge_files(edge_span(hour, params).wider(0, MARGIN_US))],
                [one.path.stem for one in sources.segment_files(hour.wider(MARGIN_US, MARGIN_US))],
                sources.stream_end_us >= hour.end_us + MARGIN_US,
                *(path.stem for path in sources.service_files(hour.wider(0, MARGIN_US))),
            )
            if there.get(begin, {}).get("made_of") == made_of:
                continue
            joined = join_hour(self._engine, sources, hour, params)
            facts: dict[str, Any] = {"made_of": made_of, "counts": joined.counts}
            facts["clock_difference_s"] = joined.clock_difference_s
            self._replace(IMPRESSIONS, begin, joined.rows, facts)
            log.info("%s: %s", begin.isoformat(timespec="minutes"), facts)
            done.hours.append(begin)

    def _hours(self, sources: Sources, oldest: datetime) -> Iterable[datetime]:
        """Return the hours of the stream's clock that requests of the edge log may belong to."""
        spans = [*sources.edge.values(), *sources.service.values()]
        if not spans:
            return []
        beside = timedelta(seconds=self._params.join.clock_difference_max_s)
        first = moment(min(span.begin_us for span in spans)) - beside
        last = moment(max(span.end_us for span in spans)) + beside
        return _periods(IMPRESSIONS, max(first, oldest), last)

    def _join_days(self, sources: Sources, now: datetime, done: Round) -> None:
        hours, there = self._store.facts(IMPRESSIONS), self._store.facts(OUTCOMES)
        if not hours:
            return
        params = self._params.join
        late = timedelta(hours=self._params.late_max_h + params.watch_within_h)
        within = timedelta(hours=params.watch_within_h)
        for begin in _periods(OUTCOMES, min(hours), max(hours) + within):
            shown = {
                hour.isoformat(): facts["made_of"]
                for hour, facts in hours.items()
                if begin - within < hour + IMPRESSIONS.period and hour < begin + OUTCOMES.period
            }
            day = _span(OUTCOMES, begin)
            segments = sources.segment_files(watch_span(day, params))
            removed = sources.removed_in(watch_span(day, params))
            made_of = self._digest(shown, [one.path.stem for one in segments], *removed)
            too_old = begin < OUTCOMES.begin_of(now - late)
            told = segments and day.begin_us <= sources.stream_end_us
            if too_old or not told or there.get(begin, {}).get("made_of") == made_of:
                continue
            self._credit_day(sources, begin, made_of)
            done.days.append(begin)

    def _credit_day(self, sources: Sources, begin: datetime, made_of: str) -> None:
        params, day = self._params.join, _span(OUTCOMES, begin)
        since = begin - timedelta(hours=params.watch_within_h)
        movies = MOVIES.read(self._paths.catalog)[["movie_id", "runtime_min"]]
        with self._engine.connection() as connection:
            self._store.show(connection, since)
            segments = sources.segment_files(watch_span(day, params))
            known = pa.Table.from_pandas(movies, preserve_index=False)
            found = credit(connection, IMPRESSIONS.name, segments, known, day, params, sources.corrections)
        unknown = set(found.outcomes["movie_id"].to_pylist()) - set(movies["movie_id"])
        counts = {"outcomes": len(found.outcomes), "titles_unknown": len(unknown)}
        # The outcomes come last: only with them a day counts as made.
        self._replace(TITLES, begin, found.titles, {"made_of": made_of})
        self._replace(OUTCOMES, begin, found.outcomes, {"made_of": made_of, "counts": counts})
        log.info("%s: %s", begin.date().isoformat(), counts)

    def _replace(self, table: FeedbackTable, begin: datetime, rows: pa.Table, facts: Facts) -> None:
        with publishing(self._layout.root):
            rows = left(table.name, rows, wishes_now(self._paths.segments))  # some may be of this minute
            self._store.replace(table, begin, rows, counted(table.name, facts, rows))

    def _digest(self, *parts: object) -> str:
        content = json.dumps([RULES, repr(self._params.join), *parts], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def totals(facts: Mapping[datetime, Mapping[str, Any]], since: datetime) -> dict[str, int]:
    """Add up the counts of the periods since a moment."""
    found: dict[str, int] = {}
    for begin, of_period in facts.items():
        if begin >= since:
            for name, number in of_period.get("counts", {}).items():
                found[name] = found.get(name, 0) + number
    return found


def joined_share(facts: Mapping[datetime, Mapping[str, Any]], least: int) -> float | None:
    """Return which share of the stream's lists found their request in the newest whole hour that had some.

    In the oldest hour collecting began, the newest is not over. None where it has fewer lists than `least`.
    """
    for begin in sorted(facts)[-2:0:-1]:
        counts = facts[begin].get("counts", {})
        joined = counts.get("joined", 0)
        lists = joined + sum(number for name, number in counts.items() if name.startswith("stream_"))
        if lists:
            return joined / lists if lists >= least else None
    return None


def clock_difference_s(facts: Mapping[datetime, Mapping[str, Any]]) -> float | None:
    """Return how far the host's clock was ahead of the stream's when that could be told last."""
    told = [facts[begin].get("clock_difference_s") for begin in sorted(facts, reverse=True)]
    return next((one for one in told if one is not None), None)


def _span(table: FeedbackTable, begin: datetime) -> Span:
    return Span(microseconds(begin), microseconds(begin + table.period))


def _periods(table: FeedbackTable, first: datetime, last: datetime) -> list[datetime]:
    begin, found = table.begin_of(first.astimezone(UTC)), []
    while begin <= last:
        found.append(begin)
        begin += table.period
    return found
