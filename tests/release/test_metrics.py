"""What Prometheus is told of a release: every series from zero, each look, and each end once."""

import itertools
import math
from dataclasses import replace
from datetime import timedelta

import pytest

from auto_deployment.params import load_params
from auto_deployment.release.judge.judge import judge
from auto_deployment.release.judge.judgement import ReleaseVerdict
from auto_deployment.release.judge.ticks import WARMING
from auto_deployment.release.metrics import OUTCOMES, ReleaseMetrics
from auto_deployment.release.reconcile import NAMES, STABLE_NAMES, StartInstance, Traffic
from auto_deployment.release.release import Kind, Phase, Release, requested
from auto_deployment.release.store import Record
from auto_deployment.release.wiring import Report
from tests.support.project import PROJECT
from tests.support.release.ticks import counts, good, tick
from tests.support.release.world import NEW, OLD, SHIPPED, START

TRAFFIC = load_params(PROJECT / "params.yaml").traffic
NOTHING = Report(START, None, None, False, {}, Traffic(frozenset(NAMES), "s"), None)


_numbers = itertools.count()


def release(*phases: Phase, kind: Kind = Kind.CANDIDATE) -> Release:
    """Return a release that went through these phases, one a second."""
    found = requested(NEW, OLD, f"r{next(_numbers)}", "ann", START, kind)
    for number, phase in enumerate(phases, 1):
        found = found.to(phase, START + timedelta(seconds=number), "Because.")
    return found


def baking(**changes: object) -> Report:
    """Return a look at a release that bakes, a minute after it began to."""
    usual = {"now": START + timedelta(seconds=61), "record": Record(release(Phase.BAKING), tuple(good(3)))}
    return replace(NOTHING, **{**usual, **changes})  # type: ignore[arg-type]


class Shown:
    """The metrics after a few looks."""

    def __init__(self, *reports: Report, history: tuple[Record, ...] = ()) -> None:
        self.metrics = ReleaseMetrics(SHIPPED, TRAFFIC, history)
        for report in reports:
            self.metrics.show(report)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"marquee_release_{name}", labels)

    def outcomes(self) -> dict[str, float]:
        samples = (one for family in self.metrics.registry.collect() for one in family.samples)
        ends = (one for one in samples if one.name == "marquee_release_outcomes_total")
        return {one.labels["outcome"]: one.value for one in ends if one.value}


def test_before_the_first_look_every_count_is_there_and_zero() -> None:
    shown = Shown()
    assert [shown.value("outcomes_total", outcome=one) for one in OUTCOMES] == [0, 0, 0, 0, 0]
    assert [shown.value("recreated_total", instance=name) for name in NAMES] == [0, 0, 0]
    assert shown.value("metrics_available") == 1


def test_a_service_below_its_slo_is_shown_while_it_is() -> None:
    below = judge([tick(counts(60, bad=20), counts(240, bad=80))] * 3, SHIPPED.judge)
    assert Shown(baking(judgement=below)).value("service_below_slo") == 1
    assert Shown(baking(judgement=below), baking()).value("service_below_slo") == 0


def test_exactly_the_present_phase_is_one() -> None:
    shown = Shown(baking(record=Record(release(Phase.STARTING))), baking())
    assert {phase: shown.value("phase", phase=phase.value) for phase in Phase} == {
        phase: float(phase is Phase.BAKING) for phase in Phase
    }
    shown.metrics.show(NOTHING)
    assert {shown.value("phase", phase=phase.value) for phase in Phase} == {0}
    assert shown.value("seconds_in_phase") == 0


def test_a_phase_is_overdue_from_its_deadline_on_and_an_end_never() -> None:
    starting = Record(release(Phase.STARTING))
    late = START + timedelta(seconds=1 + SHIPPED.start_max_s)
    shown = Shown(replace(NOTHING, now=late - timedelta(seconds=5), record=starting))
    assert shown.value("overdue_seconds") == 0
    assert shown.value("seconds_in_phase") == SHIPPED.start_max_s - 5
    shown.metrics.show(replace(NOTHING, now=late + timedelta(seconds=7), record=starting))
    assert shown.value("overdue_seconds") == 7
    assert shown.value("last_tick_timestamp_seconds") == late.timestamp() + 7
    shown.metrics.show(replace(NOTHING, now=late, record=Record(release(Phase.PROMOTED))))
    assert shown.value("overdue_seconds") == 0


@pytest.mark.parametrize(
    ("names", "canary", "stable"), [(NAMES, 20, 80), (STABLE_NAMES, 0, 80), (("stable-2", "canary"), 20, 40)]
)
def test_weights_are_those_of_who_gets_requests(names: tuple[str, ...], canary: int, stable: int) -> None:
    shown = Shown(baking(traffic=Traffic(frozenset(names), "s")))
    assert (shown.value("weight", track="canary"), shown.value("weight", track="stable")) == (canary, stable)


def test_users_are_those_of_the_window_and_not_of_the_warming() -> None:
    ticks = (tick(phase=WARMING), tick(), tick(counts(5), counts(7)))
    shown = Shown(baking(record=Record(release(Phase.BAKING), ticks)))
    assert (shown.value("users", track="canary"), shown.value("users", track="stable")) == (65, 247)


def test_evidence_that_cannot_be_read_matters_only_while_a_release_is_under_way() -> None:
    blind = (tick(), tick(metrics_available=False))
    for phase, ticks, seen in (
        (Phase.BAKING, blind, 0), (Phase.BAKING, (*blind, tick()), 1), (Phase.ABORTED, blind, 1)
    ):  # fmt: skip
        assert Shown(baking(record=Record(release(phase), ticks))).value("metrics_available") == seen


def test_each_check_has_its_values_and_one_without_a_value_is_no_zero() -> None:
    found = judge(good(3), SHIPPED.judge)
    shown = Shown(baking(judgement=found))
    assert any(check.stable is None for check in found.checks)
    for check in found.checks:
        for track, known in (("stable", check.stable), ("canary", check.canary)):
            wanted = pytest.approx(math.nan if known is None else known, nan_ok=True)
            assert shown.value("check_value", check=check.name, track=track) == wanted
        assert shown.value("check_limit", check=check.name) == check.limit
        assert shown.value("check_log_evidence", check=check.name) == check.log_evidence
    verdicts = {one: shown.value("verdict", verdict=one.value) for one in ReleaseVerdict}
    assert verdicts == {one: float(one is found.verdict) for one in ReleaseVerdict}


def test_an_end_is_counted_when_it_comes_and_once() -> None:
    record = Record(release(Phase.BAKING, Phase.ABORTED))
    shown = Shown(baking(changed=(Record(release(Phase.BAKING)),)))
    assert shown.outcomes() == {}
    shown = Shown(baking(record=record, changed=(record,)), baking(record=record))
    assert shown.outcomes() == {"aborted": 1}


def test_after_a_restart_earlier_ends_count_and_a_rollback_is_one_of_its_own() -> None:
    back = release(Phase.PROMOTING, Phase.PROMOTED, kind=Kind.ROLLBACK)
    failed = release(Phase.PROMOTING, Phase.ABORTED, kind=Kind.ROLLBACK)
    ended = (release(Phase.PROMOTED), back, failed, release(Phase.SUPERSEDED), release(Phase.WARMING))
    shown = Shown(history=tuple(Record(one) for one in ended))
    assert shown.outcomes() == {"promoted": 1, "aborted": 1, "superseded": 1, "rolled-back": 1}


def test_an_end_that_is_told_again_counts_once() -> None:
    ended = Record(release(Phase.PROMOTED))
    shown = Shown(baking(changed=(ended,)), baking(changed=(ended,)), history=(ended,))
    assert shown.outcomes() == {"promoted": 1}


def test_an_end_that_cannot_be_written_down_is_seen_until_it_is() -> None:
    shown = Shown()
    assert shown.value("unwritten") == 0
    for trouble, value in (("no room", 1), ("", 0)):
        shown.metrics.show(baking(trouble=trouble))
        assert shown.value("unwritten") == value


def test_only_what_is_put_anew_for_its_health_is_counted_as_such() -> None:
    new, again = (
        StartInstance("canary", NEW.release, again=False),
        StartInstance("stable-2", OLD.release, again=True),
    )
    shown = Shown(baking(step=new), baking(step=again))
    assert [shown.value("recreated_total", instance=name) for name in NAMES] == [0, 1, 0]


def test_mails_that_wait_are_seen() -> None:
    metrics = Shown().metrics
    metrics.show_outbox(3, 61.5)
    names = ("mails", "oldest_age_seconds")
    assert [metrics.registry.get_sample_value(f"marquee_outbox_{name}") for name in names] == [3, 61.5]
