"""The online measures of an ended release stay with its record, beside the evidence that it was judged by."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from auto_deployment.release.journal import Journal
from auto_deployment.release.online.reader import OnlineMeasures, OnlineReader
from auto_deployment.release.store import Record, StateError, Store

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OnlineSource:
    """Where measures by release are, and for how long after its end a release's record follows them."""

    reader: OnlineReader
    settle: timedelta

    @classmethod
    def of(cls, folder: Path, settle_days: float) -> "OnlineSource":
        return cls(OnlineReader(folder), timedelta(days=settle_days))

    def newer(self, record: Record) -> OnlineMeasures | None:
        """Return measures that an ended release's record has not yet and still may get."""
        release = record.release
        if release.under_way:
            return None
        found = self.reader.read(release.id)
        if not isinstance(found, OnlineMeasures) or found.as_of > release.since + self.settle:
            return None
        return found if record.online is None or found.as_of > record.online.as_of else None


class OnlineKeeper:
    """Copies measures into records: at the end of a release, and while later joins still change them."""

    def __init__(self, source: OnlineSource, journal: Journal, store: Store) -> None:
        self._source, self._journal, self._store = source, journal, store
        self._next: datetime | None = None
        self._seen = ""  # the request of the release that was looked at last

    def keep(self, now: datetime) -> None:
        """Look when a release has ended, and then every ten minutes; what does not fit is tried again."""
        record = self._journal.record
        if record is None or record.release.under_way:
            return
        if record.release.request == self._seen and self._next is not None and now < self._next:
            return
        self._seen, self._next = record.release.request, now + LOOK_EVERY
        if (found := self._source.newer(record)) is not None:
            self._journal.fits(replace(record, online=found))
        self._keep_older(record, now)

    def _keep_older(self, newest: Record, now: datetime) -> None:
        for record in self._store.history():
            if record.release.request == newest.release.request:
                continue
            if record.release.since + self._source.settle < now:
                return
            if (found := self._source.newer(record)) is not None:
                try:
                    self._store.write(replace(record, online=found))
                except StateError as error:
                    log.warning("%s", error)
                    return
