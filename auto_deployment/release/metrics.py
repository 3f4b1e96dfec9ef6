"""The controller's metrics; every series begins at zero."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from auto_deployment.edge.nginx_config import TrafficParams
from auto_deployment.release.judge.judgement import Judgement, ReleaseVerdict
from auto_deployment.release.judge.ticks import TRACKS, evidence
from auto_deployment.release.params import ReleaseParams
from auto_deployment.release.phases import deadline
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, StartInstance
from auto_deployment.release.release import ENDS, Kind, Phase, Release
from auto_deployment.release.store import Record
from auto_deployment.release.wiring import Report

_PREFIX = "marquee_release_"
ROLLED_BACK = "rolled-back"
OUTCOMES = (*(phase.value for phase in ENDS), ROLLED_BACK)


class ReleaseMetrics:
    """The metrics of one controller, in a registry of their own."""

    def __init__(self, params: ReleaseParams, traffic: TrafficParams, history: Iterable[Record] = ()) -> None:
        self.registry = CollectorRegistry()
        self._params, self._traffic = params, traffic
        self._phase = self._gauge("phase", "1 for the present phase", ["phase"])
        self._since = self._gauge("seconds_in_phase", "Since the present phase began")
        self._overdue = self._gauge("overdue_seconds", "How far the phase is past its deadline")
        self._weight = self._gauge("weight", "Share of the users that NGINX was told", ["track"])
        self._verdict = self._gauge("verdict", "1 for the last verdict", ["verdict"])
        self._value = self._gauge("check_value", "What a check compares", ["check", "track"])
        self._limit = self._gauge("check_limit", "What it may be at most", ["check"])
        self._evidence = self._gauge("check_log_evidence", "Logarithm of the e-value", ["check"])
        self._below_slo = self._gauge("service_below_slo", "1 while both tracks are below the SLO")
        self._users = self._gauge("users", "Users seen in the window", ["track"])
        self._damaged = self._gauge("damaged_lines", "Of the edge log in this release: no evidence")
        self._foreign = self._gauge("foreign_attempts", "In this release, at addresses of neither track")
        self._outcomes = self._counter("outcomes", "Releases that ended", "outcome", OUTCOMES)
        self._tick = self._gauge("last_tick_timestamp_seconds", "When the controller looked last")
        self._unwritten = self._gauge(
            "unwritten", "1 while a record is not written or read, and requests wait"
        )
        self._recreated = self._counter("recreated", "Instances put anew for their health", "instance", NAMES)
        self._available = self._gauge("metrics_available", "1 while the evidence can be read")
        self._mails = Gauge("marquee_outbox_mails", "Mails that wait", registry=self.registry)
        self._mail_age = Gauge("marquee_outbox_oldest_age_seconds", "Of those", registry=self.registry)
        self._available.set(1)
        self._counted: set[str] = set()  # requests of releases that ended: each counts once
        for record in history:
            self._count(record.release)

    def show(self, report: Report) -> None:
        """Show one look."""
        release = report.record.release if report.record else None
        for phase in Phase:
            self._phase.labels(phase.value).set(release is not None and release.phase is phase)
        late = deadline(release, self._params) if release else None
        self._since.set((report.now - release.since).total_seconds() if release else 0)
        self._overdue.set(max((report.now - late).total_seconds(), 0) if late else 0)
        self._tick.set(report.now.timestamp())
        self._unwritten.set(bool(report.trouble))
        self._show_traffic(report)
        self._show_ticks(report)
        self._show_judgement(report.judgement)
        if isinstance(report.step, StartInstance) and report.step.again:
            self._recreated.labels(report.step.name).inc()
        for changed in report.changed:
            self._count(changed.release)

    def show_outbox(self, waiting: int, oldest_age_s: float) -> None:
        """Show the mails that wait."""
        self._mails.set(waiting)
        self._mail_age.set(oldest_age_s)

    def _show_traffic(self, report: Report) -> None:
        names = report.traffic.names
        canary = self._traffic.canary_weight if CANARY_NAME in names else 0
        self._weight.labels("canary").set(canary)
        self._weight.labels("stable").set(self._traffic.stable_weight * len(names - {CANARY_NAME}))

    def _show_ticks(self, report: Report) -> None:
        ticks = report.record.ticks if report.record else ()
        for track in TRACKS:
            seen = sum(tick.of(track).users for tick in evidence(ticks))
            self._users.labels(track).set(seen)
        self._damaged.set(sum(tick.damaged_lines for tick in ticks))
        self._foreign.set(sum(tick.foreign_attempts for tick in ticks))
        watched = report.record is not None and report.record.release.under_way and report.record.ticks
        self._available.set(report.record.ticks[-1].metrics_available if watched and report.record else 1)

    def _show_judgement(self, judgement: Judgement | None) -> None:
        for verdict in ReleaseVerdict:
            self._verdict.labels(verdict.value).set(judgement is not None and judgement.verdict is verdict)
        self._below_slo.set(judgement is not None and judgement.below_slo_s > 0)
        for check in judgement.checks if judgement else ():
            self._limit.labels(check.name).set(check.limit)
            for track, value in zip(TRACKS, (check.stable, check.canary), strict=True):
                self._value.labels(check.name, track).set(float("nan") if value is None else value)
            if check.log_evidence is not None:
                self._evidence.labels(check.name).set(check.log_evidence)

    def _count(self, release: Release) -> None:
        if release.under_way or release.request in self._counted:
            return
        self._counted.add(release.request)
        back = release.kind is Kind.ROLLBACK and release.phase is Phase.PROMOTED
        self._outcomes.labels(ROLLED_BACK if back else release.phase.value).inc()

    def _gauge(self, name: str, text: str, labels: Iterable[str] = ()) -> Gauge:
        return Gauge(_PREFIX + name, text, list(labels), registry=self.registry)

    def _counter(self, name: str, text: str, label: str, values: Iterable[str]) -> Counter:
        counter = Counter(_PREFIX + name, text, [label], registry=self.registry)
        for value in values:
            counter.labels(value)
        return counter
