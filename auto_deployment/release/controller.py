"""The controller: looks at what is known, lets the pure parts decide, and does one thing at a time."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from auto_deployment.errors import MarqueeError
from auto_deployment.paths import Paths
from auto_deployment.release.aftermath import Shelf, build_of, clear_shelf, serving_of, settle
from auto_deployment.release.emergency import spare_users
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.instances import Instances
from auto_deployment.release.intake import answer
from auto_deployment.release.judge import judge
from auto_deployment.release.judgement import Judgement
from auto_deployment.release.observer import Observer
from auto_deployment.release.options import ReleaseParams
from auto_deployment.release.phases import Known, advance, judge_params, plan, waits_for_approval
from auto_deployment.release.release import Build, Kind, Phase, Release, Verb, Word
from auto_deployment.release.state import Record, StateError, Store
from auto_deployment.release.tracker import Tracker
from auto_deployment.release.traffic import Edge
from auto_deployment.release.world import (
    CANARY_NAME,
    NAMES,
    STABLE_NAMES,
    Patience,
    Plan,
    Remove,
    Seen,
    SetTraffic,
    Start,
    Step,
    Traffic,
    next_step,
    tracks_present,
)
from auto_deployment.release_records import read_rejected, read_serving, write_serving

log = logging.getLogger(__name__)


class Images(Shelf, Protocol):
    """What the controller needs of the images."""

    def tag(self, name: str) -> str: ...
    def keep(self, image: str, may_move: bool = False) -> Build: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything outside that the controller reaches."""

    instances: Instances
    images: Images
    edge: Edge
    observer: Observer
    store: Store
    inbox: Inbox
    paths: Paths


@dataclass(frozen=True, slots=True)
class Report:
    """What one look has found, for metrics, mails and the person who asks."""

    now: datetime
    record: Record | None
    judgement: Judgement | None
    waits: bool  # for approval
    seen: Mapping[str, Seen]
    traffic: Traffic
    step: Step | None
    changed: tuple[Record, ...] = ()  # releases that entered a phase


class Controller:
    """One look after the other; between them it remembers only what it can do without."""

    def __init__(
        self, parts: Parts, params: ReleaseParams, needs_approval: bool = False, dry_run: bool = False
    ) -> None:
        self._parts, self._params = parts, params
        self._needs_approval, self._dry_run = needs_approval, dry_run
        self._patience = Patience(params.start_max_s, params.unwell_max_s)
        self._tracker = Tracker()
        self._record: Record | None = None
        self._stable: Build | None = None
        self._wanted: Mapping[str, str | None] = {}
        self._told_nginx = False
        self._changed: list[Record] = []

    def open(self) -> None:
        """Read where we are, and finish what an ended release still asks for."""
        self._parts.store.open()
        self._record = self._parts.store.newest()
        if self._record is not None and not self._dry_run:
            settle(self._record.release, self._parts.paths)
        serving = read_serving(self._parts.paths)
        self._stable = None if serving is None else build_of(serving)

    def tick(self, now: datetime) -> Report:
        """Look once, decide, and take at most one step. Raises `MarqueeError`; the next look tries again."""
        self._changed = []
        self._listen(self._stable or self._adopt(now), now)
        traffic = self._parts.edge.read()
        seen = self._see(traffic, now)
        judgement = None
        if self._record is not None and self._record.release.under_way:
            judgement = self._go_on(self._record, seen, traffic, now)
        wanted = self._plan(seen, traffic)
        self._wanted = wanted.releases
        step = next_step(wanted, seen, traffic, self._patience)
        if step is None and not self._told_nginx:
            step = SetTraffic(traffic)  # a kill may have come between file and reload
        if step is not None and not self._dry_run:
            self._do(step)
        waits = self._record is not None and waits_for_approval(
            self._record.release, judgement, self._needs_approval
        )
        return Report(now, self._record, judgement, waits, seen, traffic, step, tuple(self._changed))

    def _adopt(self, now: datetime) -> Build:
        """Before the first release: what runs as stable is what serves."""
        if self._dry_run:
            raise MarqueeError("Nothing has been released yet: the controller takes what runs as stable.")
        build = self._parts.images.keep(self._parts.images.tag(STABLE_NAMES[0]), may_move=True)
        write_serving(self._parts.paths, serving_of(build, now.isoformat()))
        self._stable = build
        log.info("Release %s serves and is taken as stable", build.release)
        return build

    def _listen(self, stable: Build, now: datetime) -> None:
        for item in list(self._parts.inbox.waiting()):
            if self._dry_run:
                log.info("Would take %s", item)
                continue
            current = self._record.release if self._record else None
            try:
                for release in answer(item, current, stable, read_rejected(self._parts.paths), now):
                    self._store(release)
            except StateError:
                if isinstance(item, Word) and item.verb in (Verb.ABORT, Verb.REJECT):
                    spare_users(self._parts.edge, self._parts.instances, stable)
                raise
            self._parts.inbox.done(item)

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
            settle(release, self._parts.paths)

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
                spare_users(self._parts.edge, self._parts.instances, following.stable)
            raise
        if following.phase is Phase.PROMOTED:
            self._stable = following.candidate
            in_use = [following.candidate.release, following.stable.release]
            clear_shelf(self._parts.images, in_use, self._params.keep_images)

    def _plan(self, seen: Mapping[str, Seen], traffic: Traffic) -> Plan:
        if self._record is not None:
            return plan(self._record.release, seen, self._params.settle_s)
        return Plan(dict.fromkeys(NAMES, self._stable.release if self._stable else None), NAMES, traffic.salt)

    def _do(self, step: Step) -> None:
        if isinstance(step, SetTraffic):
            log.info("Requests go to %s", ", ".join(sorted(step.traffic.names)))
            self._parts.edge.write(step.traffic)
            self._told_nginx = True
        elif isinstance(step, Remove):
            log.info("%s is removed", step.name)
            self._parts.instances.remove(step.name, self._fallback())
            self._tracker.started(step.name)
        elif isinstance(step, Start):
            self._start(step)

    def _start(self, step: Start) -> None:
        if step.again and self._record is not None:
            log.warning("%s stays unhealthy: it is recreated", step.name)
            counts = self._record.recreated
            count = counts.get(step.name, 0) + 1 + self._parts.instances.look()[step.name].restarts
            self._write(replace(self._record, recreated={**counts, step.name: count}))
        elif step.name == CANARY_NAME and self._record is not None:
            self._write(self._record)  # a full disk starts no candidate: its evidence could not be kept
        log.info("%s starts with release %s", step.name, step.release)
        self._tracker.started(step.name)
        self._parts.instances.start(step.name, step.release)

    def _fallback(self) -> str:
        """Return what a removed instance would run if something else than the controller started it."""
        if self._record is not None and self._record.release.phase is not Phase.PROMOTED:
            return self._record.release.stable.release
        return self._stable.release if self._stable else ""

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
