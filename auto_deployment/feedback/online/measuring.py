"""After each join: which releases have to be measured again, and their files."""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.feedback.engine import Engine
from auto_deployment.feedback.files import RELEASE_NAME, Facts
from auto_deployment.feedback.online.measure_files import MeasureFiles
from auto_deployment.feedback.online.release_report import Shown, Tables, report_release, shown
from auto_deployment.feedback.params import FeedbackParams
from auto_deployment.feedback.store import FeedbackStore
from auto_deployment.feedback.tables import IMPRESSIONS, OUTCOMES

log = logging.getLogger(__name__)

RULES = 1  # raise it with a change of what is measured: releases that still change are measured again


class Measuring:
    """Writes what `feedback report --release ID --json` says, for each release that the tables changed for.

    A file names what it was made of. So a kill between tables and file is made good by the next round, and a
    release of which nothing came in stays as it is.
    """

    def __init__(
        self,
        engine: Engine,
        store: FeedbackStore,
        catalogue: Path,
        files: MeasureFiles,
        params: FeedbackParams,
    ) -> None:
        self._engine, self._store, self._catalogue = engine, store, catalogue
        self._files, self._params = files, params
        self._files.open()

    def step(self, now: datetime) -> list[str]:
        """Measure what has changed; return which releases. Raises `FeedbackError`."""
        hours, days = (self._store.facts(table) for table in (IMPRESSIONS, OUTCOMES))
        tables, written = None, []
        for one in self._recent(now):
            made_of = self._digest(one, hours, days)
            if (self._files.read(one.release) or {}).get("made_of") == made_of:
                continue
            tables = tables or self.tables()
            report = report_release(tables, one, self._params.report).to_json()
            self._files.write(one.release, {**report, "as_of": now.isoformat(), "made_of": made_of})
            written.append(one.release)
        if written:
            log.info("Measured %s", ", ".join(written))
            self._files.keep(self._params.measures.keep)
        return written

    def tables(self) -> Tables:
        """Return what is measured, with the catalogue as it is now."""
        movies = MOVIES.read(self._catalogue)["movie_id"]
        return Tables(self._engine, self._store, USERS.read(self._catalogue), movies)

    def _recent(self, now: datetime) -> list[Shown]:
        """Return the releases whose measures can still change, of the newest that are kept."""
        join = self._params.join
        settled = timedelta(hours=self._params.late_max_h + join.watch_within_h + join.rate_within_h)
        since = now - settled - timedelta(days=self._params.report.days)
        found = shown(self._engine, self._store, since, None, self._params.report.days)
        known = self._files.ends() | {one.release: one.last.isoformat() for one in found}
        kept = sorted(known, key=lambda release: known[release], reverse=True)[: self._params.measures.keep]
        named = [one for one in found if RELEASE_NAME.fullmatch(one.release)]
        return [one for one in named if one.last >= now - settled and one.release in kept]

    def _digest(self, one: Shown, hours: Mapping[datetime, Facts], days: Mapping[datetime, Facts]) -> str:
        """Name everything that a release's measures are made of, but for the catalogue."""
        watched = one.last + timedelta(hours=self._params.join.watch_within_h)
        own = {begin: facts for begin, facts in hours.items() if one.since <= begin <= one.last}
        came = {day: facts for day, facts in days.items() if OUTCOMES.begin_of(one.since) <= day <= watched}
        parts = [
            [(begin.isoformat(), of[begin]["made_of"], of[begin].get("counts")) for begin in sorted(of)]
            for of in (own, came)
        ]
        content = json.dumps([RULES, repr(self._params.report), one.last.isoformat(), *parts], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]
