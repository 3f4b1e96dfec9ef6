"""The present release with its evidence: what is on the disk, and what did not fit there but is known."""

from dataclasses import replace
from itertools import islice

from auto_deployment.release.consequences import Ledger
from auto_deployment.release.observe.observer import Observer
from auto_deployment.release.release import Kind, Release
from auto_deployment.release.store import Record, StateError, Store


class Journal:
    """Writes whole records. `trouble` says why the last one that did not fit did not; a look empties it."""

    def __init__(self, store: Store, observer: Observer, ledger: Ledger) -> None:
        self._store, self._observer, self._ledger = store, observer, ledger
        self._changed: list[Record] = []
        self.record: Record | None = None
        self.trouble = ""

    def open(self) -> None:
        """Read where we are."""
        self._store.open()
        self.record = self._store.newest()
        if self.record is not None and not self.record.release.under_way:
            self._ledger.ended(self.record.release)
        # A kill may have come before anybody was told; one look may have changed two.
        self._changed = [*islice(self._store.history(), 2)][::-1]

    @property
    def release(self) -> Release | None:
        """Return the release under way or the last one, None before the first."""
        return self.record.release if self.record else None

    def changed(self) -> tuple[Record, ...]:
        """Return the releases that entered a phase since somebody asked."""
        changed, self._changed = tuple(self._changed), []
        return changed

    def enter(self, release: Release) -> None:
        """Write a release as it became, with its evidence, or a new one; raise `StateError`."""
        if self.record is not None and self.record.release.request == release.request:
            record = replace(self.record, release=release)
        elif release.kind is Kind.CANDIDATE:
            record = self._observer.begin(Record(release))
        else:
            record = Record(release)
        self.write(record if release.under_way else record.without_users())
        if not release.under_way:
            self._ledger.ended(release)

    def write(self, record: Record) -> None:
        """Write a record; raise `StateError` and stay with the one before when there is no room."""
        before = self.record
        try:
            self._store.write(record)
        except StateError:
            self._observer.undo()
            raise
        self.record = record
        if before is None or before.release.changes != record.release.changes:
            self._changed.append(record)

    def fits(self, record: Record) -> bool:
        """Write a record if there is room."""
        try:
            self.write(record)
        except StateError as error:
            self.trouble = str(error)
            return False
        return True

    def keep(self, record: Record) -> None:
        """Write a record, or know it at least until there is room."""
        if not self.fits(record):
            self.record = record
