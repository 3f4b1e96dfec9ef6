"""The controller: looks at what is known, lets the pure parts decide, and does one thing at a time."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from auto_deployment.errors import MarqueeError
from auto_deployment.release.aftermath import Ledger, clear_shelf, have_served, serves_after
from auto_deployment.release.docker import DockerError
from auto_deployment.release.hands import Hands
from auto_deployment.release.inbox import Request
from auto_deployment.release.intake import Past, answer, must_wait
from auto_deployment.release.judge import judge
from auto_deployment.release.judgement import Judgement
from auto_deployment.release.options import ReleaseParams
from auto_deployment.release.parts import Parts, Report
from auto_deployment.release.phases import Known, advance, judge_params, plan, waits_for_approval
from auto_deployment.release.release import Build, Kind, Phase, Release, Verb, Word
from auto_deployment.release.state import Record, StateError
from auto_deployment.release.tracker import Tracker
from auto_deployment.release.world import (
    CANARY_NAME,
    NAMES,
    STABLE_NAMES,
    Patience,
    Plan,
    Seen,
    Start,
    Step,
    Traffic,
    next_step,
    tracks_present,
)
from auto_deployment.release_records import RecordError, read_rejected

log = logging.getLogger(__name__)


class Controller:
    """One look after the other; between them it remembers only what it can do without."""

    def __init__(
        self, parts: Parts, params: ReleaseParams, needs_approval: bool = False, dry_run: bool = False
    ) -> None:
        self._parts, self._params = parts, params
        self._needs_approval, self._dry_run = needs_approval, dry_run
        self._patience = Patience(params.start_max_s, params.unwell_max_s)
        self._tracker = Tracker()
        self._hands = Hands(parts.edge, parts.instances, self._tracker)
        self._ledger = Ledger(parts.paths, dry_run)
        self._record: Record | None = None
        self._wanted: Mapping[str, str | None] = {}
        self._changed: list[Record] = []
        self._waits: bool | None = None  # for approval; None: nobody has looked yet

    def open(self) -> None:
        """Read where we are."""
        self._parts.store.open()
        self._record = self._parts.store.newest()
        if self._record is not None and not self._record.release.under_way:
            self._ledger.ended(self._record.release)
        # A kill may have come before anybody was told; one look may have changed two.
        self._changed = [*islice(self._parts.store.history(), 2)][::-1]

    def tick(self, now: datetime) -> Report:
        """Look once, decide, and take at most one step. Raises `MarqueeError`; the next look tries again."""
        trouble = self._ledger.settle()
        stable = self._stable(now, trouble)
        unread = self._listen(stable, now, trouble)
        traffic = self._parts.edge.read()
        seen = self._see(traffic, now)
        judgement = None
        if self._record is not None and self._record.release.under_way:
            judgement = self._go_on(self._record, seen, traffic, now)
        self._waits = self._record is not None and waits_for_approval(
            self._record.release, judgement, self._needs_approval
        )
        wanted = self._plan(stable, seen, traffic)
        self._wanted = wanted.releases
        step = next_step(wanted, seen, traffic, self._patience)
        if not self._dry_run:
            step = self._hands.first(step, seen, traffic)
            self._take(step, wanted, seen, stable)
        changed, self._changed = tuple(self._changed), []
        trouble = self._ledger.settle() or unread
        return Report(now, self._record, judgement, self._waits, seen, traffic, step, changed, trouble)

    def _stable(self, now: datetime, trouble: str) -> Build:
        """Return what serves everybody; before the first release this is what runs as stable."""
        if self._ledger.stable is not None:
            return self._ledger.stable
        if trouble and self._record is not None:
            return serves_after(self._record.release)
        if trouble:
            raise MarqueeError(trouble)
        if self._dry_run:
            raise MarqueeError("Nothing has been released yet: the controller takes what runs as stable.")
        build = self._parts.images.keep(self._parts.images.tag(STABLE_NAMES[0]), may_move=True)
        self._ledger.adopt(build, now.isoformat())
        log.info("Release %s serves and is taken as stable", build.release)
        return build

    def _listen(self, stable: Build, now: datetime, trouble: str) -> str:
        """Take what was asked; return why a request cannot be taken now.

        Who asks for a release waits while the last one's end is not written down.
        """
        unread = ""
        for item in list(self._parts.inbox.waiting()):
            if self._dry_run:
                log.info("Would take %s", item)
                continue
            current = self._record.release if self._record else None
            if must_wait(item, current, self._waits) or (trouble and isinstance(item, Request)):
                continue
            try:
                for release in answer(item, current, stable, self._past(item), now, bool(self._waits)):
                    self._store(release)
                    if reason := self._ledger.settle():
                        raise MarqueeError(reason)  # first things first: the request waits
            except RecordError as error:
                unread = str(error)
                continue
            except StateError:
                if isinstance(item, Word) and item.verb in (Verb.ABORT, Verb.REJECT):
                    self._hands.spare_users(stable.release)
                raise
            self._parts.inbox.done(item)
        return unread

    def _past(self, item: Word | Request) -> Past:
        """Read what counts for a request; no damaged file keeps a person's word from being heard."""
        if isinstance(item, Word):
            return Past()
        if item.kind is Kind.CANDIDATE:
            return Past(rejected=read_rejected(self._parts.paths))
        served = have_served(one.release for one in self._parts.store.history())
        return Past(served={build.release for build in served})

    def _store(self, release: Release) -> None:
        """Write a release as it became, with its evidence, or a new one."""
        if self._record is not None and self._record.release.request == release.request:
            record = replace(self._record, release=release)
        elif release.kind is Kind.CANDIDATE:
            record = self._parts.observer.begin(Record(release))
        else:
            record = Record(release)
        self._write(record if release.under_way else record.without_users())
        if not release.under_way:
            self._ledger.ended(release)

    def _see(self, traffic: Traffic, now: datetime) -> dict[str, Seen]:
        found = self._parts.instances.look()
        wanted = self._wanted or {name: found[name].release for name in NAMES}
        counts = self._record.recreated if self._record else {}
        return self._tracker.see(found, wanted, traffic.names, counts, now)

    def _go_on(
        self, record: Record, seen: Mapping[str, Seen], traffic: Traffic, now: datetime
    ) -> Judgement | None:
        """Take evidence when it is time, and let the release enter its next phase."""
        watched = record.release.phase in (Phase.WARMING, Phase.BAKING)
        if watched and self._parts.observer.is_due(record, now) and not self._dry_run:
            present = tracks_present(seen, traffic)
            record = self._write(self._parts.observer.take(record, now, present))
        judgement = None
        if record.release.phase is Phase.BAKING:
            judgement = judge(record.ticks, judge_params(record.release, self._params))
        known = Known(now, seen, judgement, self._params, self._needs_approval)
        following = advance(record.release, known)
        if following is not record.release:
            self._enter(record, following)
        return judgement

    def _enter(self, record: Record, following: Release) -> None:
        log.info("Release %s is %s: %s", following.id, following.phase, following.reason)
        if self._dry_run:
            return
        if following.phase is Phase.BAKING:
            record = self._parts.observer.begin_evidence(record)
        if following.phase is Phase.PROMOTING:  # what befell the stables before has nothing to do with it
            record = replace(record, recreated={CANARY_NAME: record.recreated.get(CANARY_NAME, 0)})
        self._record = record
        try:
            self._store(following)
        except StateError:
            if following.phase is Phase.ABORTED:
                self._hands.spare_users(following.stable.release)
            raise
        if following.phase is Phase.PROMOTED:
            in_use = [following.candidate.release, following.stable.release]
            clear_shelf(self._parts.images, in_use, self._params.keep_images)

    def _plan(self, stable: Build, seen: Mapping[str, Seen], traffic: Traffic) -> Plan:
        if self._record is not None:
            return plan(self._record.release, seen, self._params.settle_s)
        return Plan(dict.fromkeys(NAMES, stable.release), NAMES, traffic.salt)

    def _take(self, step: Step | None, wanted: Plan, seen: Mapping[str, Seen], stable: Build) -> None:
        record = self._record
        if step is None:
            return
        if record is not None and isinstance(step, Start) and step.again:
            self._start_again(step, record, wanted, seen)
            return
        if record is not None and isinstance(step, Start) and step.name == CANARY_NAME:
            self._write(record)  # a full disk starts no candidate: its evidence could not be kept
        serves = stable if record is None else serves_after(record.release)
        self._hands.take(step, wanted, seen, serves.release)

    def _start_again(self, step: Start, record: Record, wanted: Plan, seen: Mapping[str, Seen]) -> None:
        """Count first: Docker's own count goes with the container. What cannot be replaced has not ended."""
        log.warning("%s stays unhealthy: it is recreated", step.name)
        self._write(replace(record, recreated={**record.recreated, step.name: 1 + seen[step.name].restarts}))
        try:
            self._hands.take(step, wanted, seen, step.release)
        except DockerError:
            if self._parts.instances.look()[step.name].release == step.release:
                self._write(record)
            raise

    def _write(self, record: Record) -> Record:
        before = self._record
        try:
            self._parts.store.write(record)
        except StateError:
            self._parts.observer.undo()
            raise
        self._record = record
        if before is None or before.release.changes != record.release.changes:
            self._changed.append(record)
        return record
