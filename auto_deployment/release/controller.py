"""The controller: looks at what is known, lets the pure parts decide, and does one thing at a time."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from auto_deployment.errors import MarqueeError
from auto_deployment.release.consequences import Ledger, have_served, remove_old_images, serves_after
from auto_deployment.release.executor import Executor
from auto_deployment.release.inbox import Request
from auto_deployment.release.journal import Journal
from auto_deployment.release.judge.judge import judge
from auto_deployment.release.judge.judgement import Judgement, ReleaseVerdict
from auto_deployment.release.judge.split import why_anew
from auto_deployment.release.observe.tracker import Tracker
from auto_deployment.release.online.keep import OnlineKeeper
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.phases import Situation, advance, desired_state, judge_params, waits_for_approval
from auto_deployment.release.reconcile import (
    CANARY_NAME,
    NAMES,
    STABLE_NAMES,
    Desired,
    Observed,
    Timeouts,
    Traffic,
    tracks_present,
    weights_there,
)
from auto_deployment.release.records import read_rejected
from auto_deployment.release.release import GIVEN_UP, Action, Build, Kind, Phase, Release, ReleaseCommand
from auto_deployment.release.requests import PastReleases, answer, must_wait, say_taken
from auto_deployment.release.store import Record, StateError
from auto_deployment.release.wiring import ControllerParts, Report

log = logging.getLogger(__name__)


class Controller:
    """One look after the other; between them it remembers only what it can do without."""

    def __init__(
        self,
        parts: ControllerParts,
        params: ReleaseParams,
        needs_approval: bool = False,
        dry_run: bool = False,
    ) -> None:
        self._parts, self._params = parts, params
        self._needs_approval, self._dry_run = needs_approval, dry_run
        self._tracker = Tracker(params.start_max_s / 3)
        self._ledger = Ledger(parts.paths, dry_run)
        self._journal = Journal(parts.store, parts.observer, self._ledger)
        self._online = OnlineKeeper(parts.online, self._journal, parts.store)
        timeouts = Timeouts(params.start_max_s, params.unwell_max_s)
        self._executor = Executor(parts.edge, parts.instances, self._tracker, self._journal, timeouts)
        self._wanted: Mapping[str, str | None] = {}
        self._decided: Release | None = None  # an abort that cannot be recorded yet: it holds all the same
        self._unfit: tuple[datetime, str] | None = None  # when a tick could not be recorded, and why
        self._waits: bool | None = None  # for approval; None: nobody can tell yet

    def open(self) -> None:
        """Read where we are."""
        self._journal.open()

    def tick(self, now: datetime) -> Report:
        """Look once, decide, and take at most one step. Raises `MarqueeError`; the next look tries again."""
        self._journal.trouble = owing = self._ledger.settle()
        stable = self._stable(now, owing)
        self._take_requests(stable, now, bool(owing) or not self._decided_is_recorded())
        traffic = self._parts.edge.read()
        observed = self._observe(traffic, now)
        judgement = None
        if self._journal.record is not None and self._journal.record.release.under_way:
            judgement = self._go_on(self._journal.record, observed, traffic, now)
        if not self._dry_run:
            self._parts.observer.ask(self._journal.release)
        self._waits = self._waits_for_approval(judgement)
        desired = self._desired(stable, observed, traffic)
        self._wanted = desired.releases
        step = self._executor.next(desired, observed, traffic, self._dry_run)
        if step is not None and not self._dry_run:
            self._executor.execute(step, desired, observed, stable)
        if not self._dry_run:
            self._online.keep(now)
        trouble, waits = self._ledger.settle() or self._journal.trouble, bool(self._waits)
        changed = self._journal.changed()
        return Report(now, self._journal.record, judgement, waits, observed, traffic, step, changed, trouble)

    def _stable(self, now: datetime, trouble: str) -> Build:
        """Return what serves everybody; before the first release this is what runs as stable."""
        if trouble and self._journal.release is not None:
            return serves_after(self._journal.release)
        if self._ledger.stable is not None:
            return self._ledger.stable
        if trouble:
            raise MarqueeError(trouble)
        if self._dry_run:
            raise MarqueeError("Nothing has been released yet: the controller takes what runs as stable.")
        build = self._parts.images.keep(self._parts.images.tag(STABLE_NAMES[0]), may_move=True)
        self._ledger.adopt(build, now.isoformat())
        log.info("Release %s serves and is taken as stable", build.release)
        return build

    def _take_requests(self, stable: Build, now: datetime, owing: bool) -> None:
        """Take what was asked. What cannot be taken now waits, and keeps nobody else waiting.

        A candidate waits while the last release's end is not written down.
        """
        for item in list(self._parts.inbox.waiting()):
            if self._dry_run:
                log.info("Would take %s", item)
                continue
            current = self._journal.release
            is_candidate = isinstance(item, Request) and item.kind is Kind.CANDIDATE
            if must_wait(item, current, self._waits) or (owing and is_candidate):
                continue
            try:
                found = answer(item, current, stable, self._past(item), now, bool(self._waits))
                for release in found:
                    self._enter_or_decide(release, now, is_candidate)
            except MarqueeError as error:
                self._journal.trouble = str(error)
                continue
            self._parts.inbox.done(item)
            if found:
                say_taken(item)

    def _enter_or_decide(self, release: Release, now: datetime, is_candidate: bool) -> None:
        """Record a release; an end that a person wants and that cannot be recorded holds all the same."""
        try:
            self._journal.enter(release)
        except StateError:
            if release.command(Action.ABORT, Action.REJECT):
                release = advance(release, Situation(now, {}, None, self._params))
            if release.phase is Phase.ABORTED and not is_candidate:
                self._decided = release
            raise
        self._ledger.settle()  # before the next one is recorded: a kill may come between

    def _past(self, item: ReleaseCommand | Request) -> PastReleases:
        """Read what counts for a request; no damaged file keeps a person's command waiting."""
        if isinstance(item, ReleaseCommand):
            return PastReleases()
        if item.kind is Kind.CANDIDATE:
            return PastReleases(rejected=read_rejected(self._parts.paths))
        served = have_served(one.release for one in self._parts.store.history())
        return PastReleases(served={build.release for build in served})

    def _observe(self, traffic: Traffic, now: datetime) -> dict[str, Observed]:
        found = self._parts.instances.look()
        wanted = self._wanted or {name: found[name].release for name in NAMES}
        counts = self._journal.record.recreated if self._journal.record else {}
        return self._tracker.observe(found, wanted, traffic.names, counts, now)

    def _go_on(
        self, record: Record, observed: Mapping[str, Observed], traffic: Traffic, now: datetime
    ) -> Judgement | None:
        """Take evidence when it is time, and let the release enter its next phase."""
        if self._decided is not None:
            return None
        watched, taken = record.release.phase in (Phase.WARMING, Phase.BAKING), record
        if watched and self._is_due(record, now) and not self._dry_run:
            taken = self._take(record, observed, traffic, now)
            fits = self._journal.fits(taken)
            record, self._unfit = (taken, None) if fits else (record, (now, self._journal.trouble))
        judgement = self._judge(record, taken)
        known = Situation(now, observed, judgement, self._params, self._needs_approval)
        following = advance(record.release, known)
        if following is not record.release:
            self._enter(taken if following.phase in GIVEN_UP else record, following)
        return judgement

    def _take(
        self, record: Record, observed: Mapping[str, Observed], traffic: Traffic, now: datetime
    ) -> Record:
        """Take a tick; begin the evidence anew where users are no longer split as they were."""
        observer, weights = self._parts.observer, weights_there(observed, traffic)
        taken = observer.add_tick(record, now, tracks_present(observed, traffic), weights)
        why = why_anew(taken.ticks, self._params.away_max_s)
        return observer.begin_anew(taken, why, now) if why else taken

    def _decided_is_recorded(self) -> bool:
        """Record an end that could not be recorded before; nothing else comes first."""
        record, decided = self._journal.record, self._decided
        if record is None or decided is None or decided.request != record.release.request:
            self._decided = None
        elif record.release.under_way:
            self._enter(record, decided)
        return self._decided is None

    def _is_due(self, record: Record, now: datetime) -> bool:
        """Tell whether it is time for a tick; one that did not fit is not read again at every look."""
        if self._unfit is not None and abs((now - self._unfit[0]).total_seconds()) < self._params.tick_s:
            self._journal.trouble = self._unfit[1]
            return False
        return self._parts.observer.is_due(record, now)

    def _judge(self, record: Record, taken: Record) -> Judgement | None:
        """Judge what is recorded; what was taken and cannot be recorded may abort, and promotes nobody."""
        if record.release.phase is not Phase.BAKING:
            return None
        params = judge_params(record.release, self._params)
        judgement = judge(taken.ticks, params)
        if taken is record or judgement.verdict is not ReleaseVerdict.PROMOTE:
            return judgement
        return judge(record.ticks, params)

    def _waits_for_approval(self, judgement: Judgement | None) -> bool | None:
        if self._journal.record is None:
            return False
        if judgement is not None and judgement.verdict is ReleaseVerdict.METRICS_UNAVAILABLE:
            return None
        return waits_for_approval(self._journal.record.release, judgement, self._needs_approval)

    def _enter(self, record: Record, following: Release) -> None:
        if following is not self._decided:
            log.info("Release %s is %s: %s", following.id, following.phase, following.reason)
        if self._dry_run:
            return
        if following.phase is Phase.BAKING:
            record = self._parts.observer.begin_evidence(record)
        if following.phase is Phase.PROMOTING:  # what befell the stables before has nothing to do with it
            record = replace(record, recreated={CANARY_NAME: record.recreated.get(CANARY_NAME, 0)})
        self._journal.record = record
        try:
            self._journal.enter(following)
        except StateError as error:
            self._journal.trouble = str(error)
            self._decided = following if following.phase in GIVEN_UP else None
            return
        self._decided = None
        if following.phase is Phase.PROMOTED:
            asked = [one.candidate for one in self._parts.inbox.waiting() if isinstance(one, Request)]
            in_use = [one.release for one in (following.candidate, following.stable, *asked)]
            remove_old_images(self._parts.images, in_use, self._params.keep_images)

    def _desired(self, stable: Build, observed: Mapping[str, Observed], traffic: Traffic) -> Desired:
        if self._journal.record is not None:
            release = self._journal.record.release
            if self._decided is not None and release.under_way:
                release = self._decided
            return desired_state(release, observed, self._params.settle_s)
        return Desired(dict.fromkeys(NAMES, stable.release), NAMES, traffic.salt)
