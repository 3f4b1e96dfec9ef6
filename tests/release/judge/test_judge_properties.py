"""What holds for the verdict whatever the ticks are."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from auto_deployment.release.judge.checks import MEAN_LATENCY
from auto_deployment.release.judge.judge import CheckOutcome, Judgement, ReleaseVerdict, judge
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, WARMING, Tick, TrackCounts
from tests.support.release.ticks import START, counts, in_order, short, tick

RANK = {
    ReleaseVerdict.ABORT: 0,
    ReleaseVerdict.INCONCLUSIVE: 1,
    ReleaseVerdict.METRICS_UNAVAILABLE: 1,
    ReleaseVerdict.NOT_ENOUGH_EVIDENCE: 1,
    ReleaseVerdict.PROMOTE: 2,
}


@st.composite
def track_counts(draw: st.DrawFn) -> TrackCounts:
    users = draw(st.integers(0, 120))
    first_bad = draw(st.integers(0, min(users, 3)))
    return TrackCounts(
        users=users,
        first_bad=first_bad,
        newly_bad=first_bad + draw(st.integers(0, 2)),
        newly_fallback=draw(st.integers(0, users // 4)),
        newly_slow=draw(st.one_of(st.none(), st.integers(0, users // 4))),
        requests=users,
    )


LATENCY = st.one_of(st.none(), st.floats(), st.floats(0, 1000))
TICKS = st.builds(
    Tick,
    time=st.just(START),
    duration_s=st.sampled_from([0.0, 30.0, 60.0, 300.0]),
    phase=st.sampled_from([WARMING, BAKING, BAKING, BAKING]),
    counts=st.dictionaries(st.sampled_from([CANARY, STABLE]), track_counts()),
    mean_latency_ms=st.dictionaries(st.sampled_from([CANARY, STABLE]), LATENCY),
    metrics_available=st.sampled_from([True, True, True, False]),
    tracks_present=st.sampled_from([True, True, True, False]),
)
RELEASES = st.lists(TICKS, max_size=25).map(in_order)
FEW = st.sampled_from([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
GOOD_TICKS = st.builds(
    lambda users, bad, fallback: tick(counts(users, bad, fallback), counts(4 * users, bad, 4 * fallback)),
    users=st.integers(50, 120),
    bad=FEW,
    fallback=st.integers(0, 5),
)
NEARLY_GOOD = st.lists(GOOD_TICKS, min_size=8, max_size=25).map(in_order)


@given(RELEASES)
def test_replaying_what_was_stored_gives_the_same_judgement(ticks: list[Tick]) -> None:
    stored = json.loads(json.dumps([one.to_json() for one in ticks]))
    assert judge([Tick.from_json(one) for one in stored], short()) == judge(ticks, short())


@given(st.one_of(RELEASES, NEARLY_GOOD))
def test_promotion_needs_every_check_kept_over_a_whole_window(ticks: list[Tick]) -> None:
    judgement = judge(ticks, short())
    if judgement.verdict is ReleaseVerdict.PROMOTE:
        baking = [one for one in ticks if one.phase == BAKING]
        assert sum(one.duration_s for one in baking if one.metrics_available) >= 600
        assert sum(one.of(CANARY).users for one in baking) >= 300
        assert sum(one.of(STABLE).users for one in baking) > 0
        mean = baking[-1].mean_ms(CANARY)
        assert mean is not None
        assert mean < 500
        assert baking[-1].metrics_available
        assert {check.outcome for check in judgement.checks} == {CheckOutcome.KEPT}


@given(NEARLY_GOOD, st.data())
def test_no_path_leads_from_missing_data_to_promotion(ticks: list[Tick], data: st.DataObject) -> None:
    """Without a latency, users of both tracks, metrics or a window it cannot end well."""
    holes: dict[str, Callable[[Tick], Tick]] = {
        "latency": lambda one: replace(one, mean_latency_ms={}),
        "canary": lambda one: replace(one, counts={STABLE: one.of(STABLE)}),
        "stable": lambda one: replace(one, counts={CANARY: one.of(CANARY)}),
        "metrics": lambda one: replace(one, metrics_available=False),
        "warming": lambda one: replace(one, phase=WARMING),
    }
    hole = holes[data.draw(st.sampled_from(sorted(holes)))]
    assert judge([hole(one) for one in ticks], short()).verdict is not ReleaseVerdict.PROMOTE


@given(NEARLY_GOOD)
def test_without_metrics_at_the_end_there_is_no_promotion(ticks: list[Tick]) -> None:
    ended_blind = [*ticks, tick(metrics_available=False, mean_latency_ms={})]
    assert judge(ended_blind, short()).verdict in {ReleaseVerdict.ABORT, ReleaseVerdict.METRICS_UNAVAILABLE}


@given(st.one_of(RELEASES, NEARLY_GOOD), st.data())
def test_one_more_user_with_a_bad_answer_never_makes_the_verdict_better(
    ticks: list[Tick], data: st.DataObject
) -> None:
    spared = [place for place, one in enumerate(ticks) if one.of(CANARY).first_bad < one.of(CANARY).users]
    assume(spared)
    place = data.draw(st.sampled_from(spared))
    canary = ticks[place].of(CANARY)
    worse = replace(canary, first_bad=canary.first_bad + 1, newly_bad=canary.newly_bad + 1)
    harmed = with_canary(ticks, place, worse)
    assert_not_better(judge(ticks, short()), judge(harmed, short()))


@given(st.one_of(RELEASES, NEARLY_GOOD), st.data())
def test_one_more_popularity_list_or_slow_answer_never_makes_the_verdict_better(
    ticks: list[Tick], data: st.DataObject
) -> None:
    assume(ticks)
    place = data.draw(st.integers(0, len(ticks) - 1))
    canary = ticks[place].of(CANARY)
    for more in ({"newly_fallback": canary.newly_fallback + 1}, {"newly_slow": (canary.newly_slow or 0) + 1}):
        harmed = with_canary(ticks, place, replace(canary, **more))
        assert_not_better(judge(ticks, short()), judge(harmed, short()))


@given(st.one_of(RELEASES, NEARLY_GOOD), st.integers(0, 25))
def test_harm_that_was_shown_stays_shown(ticks: list[Tick], early: int) -> None:
    shown = {check.name for check in judge(ticks[:early], short()).checks if check.log_evidence}
    before = {check.name: check.log_evidence for check in judge(ticks[:early], short()).checks}
    after = {check.name: check.log_evidence for check in judge(ticks, short()).checks}
    for name in shown:
        was, now = before[name], after[name]
        assert was is not None
        assert now is not None
        assert now >= was - 1e-9


@given(RELEASES)
def test_evidence_of_warming_is_ignored(ticks: list[Tick]) -> None:
    assume(any(one.phase == BAKING for one in ticks))
    assert judge(ticks, short()) == judge([one for one in ticks if one.phase == BAKING], short())


def with_canary(ticks: Sequence[Tick], place: int, canary: TrackCounts) -> list[Tick]:
    changed = list(ticks)
    changed[place] = replace(ticks[place], counts={**ticks[place].counts, CANARY: canary})
    return changed


def assert_not_better(before: Judgement, after: Judgement) -> None:
    if after.below_slo_s and {one.name for one in before.checks if one.outcome is CheckOutcome.BROKEN} == {
        MEAN_LATENCY
    }:
        return  # the clock stands still: the mean of the whole window is decided later
    assert RANK[after.verdict] <= RANK[before.verdict], (before.reason, after.reason)
