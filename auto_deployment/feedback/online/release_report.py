"""What the lists of one release were worth: the same whenever it is asked, as long as the tables are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.join import clock_difference_s, totals
from auto_deployment.feedback.measures import GROUPS, Measured, Question, measure
from auto_deployment.feedback.params import ReportParams
from auto_deployment.feedback.questions import ask
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.tables import IMPRESSIONS
from auto_deployment.host.codec import to_plain

FORMAT = 1  # of the JSON; raise it when a reader of before would misunderstand it
SPANS = """
    WITH ends AS (
        SELECT release, max(time) AS last FROM impressions WHERE $release IS NULL OR release = $release
        GROUP BY release
    )
    SELECT release, min(time) AS first, any_value(last) AS last,
        min(time) FILTER (track = 'canary') AS canary_first,
        max(time) FILTER (track = 'canary') AS canary_last
    FROM impressions JOIN ends USING (release) WHERE time >= last - $within GROUP BY release
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """When lists of a release's last days were shown, by the stream's clock, and of them on the canary."""

    release: str
    first: datetime
    last: datetime
    canary_first: datetime | None
    canary_last: datetime | None

    @property
    def since(self) -> datetime:
        """Return where its measures begin: at the full hour of the first of these lists."""
        return IMPRESSIONS.begin_of(self.first)


@dataclass(frozen=True, slots=True)
class Tables:
    """What is measured, and by what; `users` is the catalogue's table, `movies` its titles."""

    engine: Engine
    store: FeedbackStore
    users: pd.DataFrame
    movies: Iterable[str]

    def measure(
        self, question: Question, params: ReportParams, groups: Sequence[str] = GROUPS
    ) -> list[Measured]:
        return measure(self.engine, self.store, question, self.users, self.movies, params, groups)


@dataclass(frozen=True, slots=True)
class AsCanary:
    """Both tracks over the time in which a release was the canary: what grows with time compares only so."""

    since: datetime
    until: datetime
    tracks: Sequence[Measured]


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """A release's measures; `lines` counts what was joined in these hours, whatever release it was of."""

    release: str
    since: datetime
    until: datetime
    lines: Mapping[str, int]
    clock_difference_s: float | None
    groups: Sequence[Measured]
    as_canary: AsCanary | None

    def to_json(self) -> dict[str, Any]:
        """Return what is printed, and what is written into the release's file."""
        return {"format": FORMAT, **to_plain(self)}


def shown(
    engine: Engine, store: FeedbackStore, since: datetime | None, release: str | None, days: float
) -> list[Shown]:
    """Return when each release, or one of them, was shown since a moment, the newest last.

    Of each its last days count: what it has shown long before, until another one was released, does not.
    """
    values = {"release": release, "within": timedelta(days=days)}
    rows = ask(engine, store, SPANS, values, since).to_pylist()
    return sorted((Shown(**row) for row in rows), key=lambda one: (one.last, one.release))


def report_release(tables: Tables, of: Shown, params: ReportParams) -> ReleaseReport:
    """Measure a release by itself and, where it was one, as a canary beside stable."""
    facts, since = tables.store.facts(IMPRESSIONS), of.since
    hours = {begin: of_hour for begin, of_hour in facts.items() if since <= begin <= of.last}
    return ReleaseReport(
        of.release,
        since,
        of.last,
        totals(hours, since),
        clock_difference_s(hours),
        tables.measure(Question(since, of.release, of.last), params),
        _as_canary(tables, of, params),
    )


def _as_canary(tables: Tables, of: Shown, params: ReportParams) -> AsCanary | None:
    if of.canary_first is None or of.canary_last is None:
        return None
    begin, end = of.canary_first, of.canary_last
    return AsCanary(begin, end, tables.measure(Question(begin, None, end), params, ("track",)))
