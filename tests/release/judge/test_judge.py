"""The verdict, check by check."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auto_deployment.release.judge.check_watched import WATCHED_AGAINST_STABLE
from auto_deployment.release.judge.checks import (
    BAD_AGAINST_STABLE,
    BAD_ANSWERS,
    CHECKS,
    MEAN_LATENCY,
    POPULAR_AGAINST_STABLE,
    SAMPLE,
    SLOW_AGAINST_STABLE,
)
from auto_deployment.release.judge.judge import CheckOutcome, CheckResult, Judgement, ReleaseVerdict, judge
from auto_deployment.release.judge.ticks import CANARY, STABLE, WARMING, Tick, TrackCounts
from tests.support.release.ticks import counts, good, short, tick

LATENCY = {CANARY: 20.0, STABLE: 20.0}


def check(judgement: Judgement, name: str) -> CheckResult:
    return next(one for one in judgement.checks if one.name == name)


def test_a_good_candidate_is_promoted_at_the_end_of_its_window_and_not_before() -> None:
    for number in range(10):
        assert judge(good(number), short()).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    promoted = judge(good(10), short())
    assert promoted.verdict is ReleaseVerdict.PROMOTE
    assert [one.name for one in promoted.checks] == [one for one in CHECKS if one != WATCHED_AGAINST_STABLE]
    assert {one.outcome for one in promoted.checks} == {CheckOutcome.KEPT}
    assert promoted.window_left_s == 0


def test_every_sentence_says_value_limit_and_sample() -> None:
    texts = [one.sentence for one in judge(good(10), short()).checks]
    assert texts == [
        "Successful recommendations of the canary take 20.0 ms on average "
        "(must be below 500 ms, 600 requests).",
        "0 of 600 users of the canary met a bad first answer (0.00 %; at most 1 % may): shown to be "
        "at most that (log evidence 5.1 and 0.0 of 3.0).",
        "0 of 600 (0.00 %) users of the canary had a bad answer, on stable 0 of 2,400 (0.00 %): "
        "not shown to exceed 1.25 times stable's share (log evidence 0.0 of 5.5).",
        "0 of 600 (0.00 %) users of the canary got the popularity list, on stable 0 of 2,400 (0.00 %): "
        "not shown to exceed 1.25 times stable's share (log evidence 0.0 of 6.0).",
        "0 of 600 (0.00 %) users of the canary waited for more than 150 ms for an attempt, on stable "
        "0 of 2,400 (0.00 %): not shown to exceed 1.25 times stable's share (log evidence 0.0 of 6.5).",
        "600 users of the canary were seen (at least 300 are needed).",
    ]


@pytest.mark.parametrize(
    ("mean", "verdict", "outcome"),
    [
        (499.9, ReleaseVerdict.PROMOTE, CheckOutcome.KEPT),
        (500.0, ReleaseVerdict.ABORT, CheckOutcome.BROKEN),
        (4000.0, ReleaseVerdict.ABORT, CheckOutcome.BROKEN),
        (None, ReleaseVerdict.NOT_ENOUGH_EVIDENCE, CheckOutcome.NOT_COMPUTABLE),
        (float("nan"), ReleaseVerdict.NOT_ENOUGH_EVIDENCE, CheckOutcome.NOT_COMPUTABLE),
        (float("inf"), ReleaseVerdict.NOT_ENOUGH_EVIDENCE, CheckOutcome.NOT_COMPUTABLE),
        (-1.0, ReleaseVerdict.NOT_ENOUGH_EVIDENCE, CheckOutcome.NOT_COMPUTABLE),
    ],
)
def test_the_mean_latency_at_the_end_decides(
    mean: float | None, verdict: ReleaseVerdict, outcome: CheckOutcome
) -> None:
    ticks = [*good(9), replace(good(10)[-1], mean_latency_ms={CANARY: mean, STABLE: 20.0})]
    judgement = judge(ticks, short())
    assert (judgement.verdict, check(judgement, MEAN_LATENCY).outcome) == (verdict, outcome)


@pytest.mark.parametrize(
    ("canary", "stable", "verdict"),
    [
        (20.0, 9000.0, ReleaseVerdict.PROMOTE),
        (501.0, 1.0, ReleaseVerdict.ABORT),
        (20.0, None, ReleaseVerdict.PROMOTE),
    ],
)
def test_stable_latency_changes_nothing(canary: float, stable: float | None, verdict: ReleaseVerdict) -> None:
    ticks = [tick(mean_latency_ms={CANARY: canary, STABLE: stable})] * 10
    assert judge(ticks, short()).verdict is verdict


def test_a_slow_candidate_is_not_aborted_before_the_end_of_the_window() -> None:
    ticks = [tick(mean_latency_ms={CANARY: 900.0, STABLE: 20.0})] * 10
    early = judge(ticks[:9], short())
    assert early.verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    assert "take 900.0 ms on average (must be below 500 ms" in check(early, MEAN_LATENCY).sentence
    assert "900.0 ms" in judge(ticks, short()).reason


def test_a_share_above_the_slo_aborts_nobody_while_stable_is_as_bad_and_stops_the_clock() -> None:
    below = [tick(counts(60, bad=20), counts(240, bad=80))] * 20
    judgement = judge(below[:1], short())
    assert judgement.verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    assert (judgement.below_slo_s, judgement.window_s) == (60, 0)
    assert check(judgement, BAD_AGAINST_STABLE).outcome is CheckOutcome.KEPT
    assert judgement.reason == (
        "The service itself was below its SLO for 60 s, not the candidate: more than 1 % of answers were bad "
        "on both tracks; the window waits at 0 s of 10 min."
    )
    assert judge(below[:19], short()).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    judgement = judge(below, short())
    assert judgement.verdict is ReleaseVerdict.INCONCLUSIVE
    assert "The service itself was below its SLO for 20 min" in judgement.reason


def test_with_stable_well_a_share_above_the_slo_stops_no_clock() -> None:
    judgement = judge([tick(counts(60, bad=20), counts(240, bad=1))] * 2, short())
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert (judgement.below_slo_s, judgement.window_s) == (0, 120)


def test_the_clock_goes_on_when_the_service_keeps_its_slo_again() -> None:
    outage = [tick(counts(60, bad=20), counts(240, bad=80))] * 3
    judgement = judge([*outage, *[tick(counts(60, bad=0), counts(240))] * 20], short(slo_span_s=180.0))
    assert judgement.below_slo_s == 0
    assert 17 * 60 <= judgement.window_s <= 20 * 60


def test_nobody_is_promoted_while_the_service_is_below_its_slo() -> None:
    ticks = [*good(9), *[tick(counts(60, bad=20), counts(240, bad=80))] * 3]
    assert judge(ticks, short(window_s=540.0)).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE


def test_where_stable_has_no_users_a_broken_slo_aborts() -> None:
    judgement = judge([tick(counts(60, bad=20), TrackCounts())], short())
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert check(judgement, BAD_ANSWERS).outcome is CheckOutcome.BROKEN
    assert "stable has no users to compare with" in judgement.reason


def test_what_is_no_worse_than_stable_is_promoted_though_the_slo_is_not_shown_to_be_kept() -> None:
    ticks = [tick(counts(60, bad=1, first_bad=1), counts(240, bad=4))] * 10
    judgement = judge(ticks, short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    assert "shown that less than 3 times stable's share had a bad answer" in judgement.reason
    assert judge(ticks, short(beta=1e-9)).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE


def test_users_who_wait_beyond_those_of_stable_abort() -> None:
    ticks = [tick(counts(60, slow=3), counts(240, slow=1))] * 6
    judgement = judge(ticks, short())
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert check(judgement, SLOW_AGAINST_STABLE).outcome is CheckOutcome.BROKEN
    assert "waited for more than 150 ms" in judgement.reason


def test_users_who_wait_as_on_stable_are_no_harm() -> None:
    assert (
        judge([tick(counts(60, slow=6), counts(240, slow=24))] * 10, short()).verdict
        is ReleaseVerdict.PROMOTE
    )


def test_where_nobody_looked_for_what_is_slow_it_is_not_asked_for() -> None:
    unseen = [tick(TrackCounts(60, requests=60), TrackCounts(240, requests=240))] * 10
    judgement = judge(unseen, short())
    assert SLOW_AGAINST_STABLE not in [one.name for one in judgement.checks]
    assert judgement.verdict is ReleaseVerdict.PROMOTE


def test_newly_bad_users_beyond_those_of_stable_abort_though_first_answers_were_good() -> None:
    ticks = [tick(counts(60, bad=2, first_bad=0), counts(240))] * 3
    judgement = judge(ticks, short())
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert check(judgement, BAD_ANSWERS).outcome is not CheckOutcome.BROKEN
    assert check(judgement, BAD_AGAINST_STABLE).outcome is CheckOutcome.BROKEN


def test_a_model_that_lost_its_users_is_aborted() -> None:
    ticks = [tick(counts(60, fallback=30), counts(240, fallback=12))] * 2
    judgement = judge(ticks, short())
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert check(judgement, POPULAR_AGAINST_STABLE).outcome is CheckOutcome.BROKEN


def test_popularity_lists_as_common_as_on_stable_are_no_harm() -> None:
    ticks = [tick(counts(60, fallback=18), counts(240, fallback=72))] * 10
    assert judge(ticks, short()).verdict is ReleaseVerdict.PROMOTE


def test_evidence_that_was_once_enough_stays_enough() -> None:
    bad = tick(counts(60, bad=20), counts(240))
    assert judge([bad, *good(200)], short(window_s=60.0)).verdict is ReleaseVerdict.ABORT


@pytest.mark.parametrize(
    ("per_tick", "verdict"), [(49, ReleaseVerdict.NOT_ENOUGH_EVIDENCE), (50, ReleaseVerdict.PROMOTE)]
)
def test_fewer_users_than_agreed_are_not_enough(per_tick: int, verdict: ReleaseVerdict) -> None:
    judgement = judge([tick(counts(per_tick))] * 10, short(min_users=500))
    assert judgement.verdict is verdict
    assert check(judgement, SAMPLE).n == per_tick * 10


def test_what_is_not_shown_by_the_end_of_the_longest_window_is_inconclusive() -> None:
    few = [tick(counts(10))] * 20
    assert judge(few[:19], short()).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    judgement = judge(few, short())
    assert judgement.verdict is ReleaseVerdict.INCONCLUSIVE
    assert judgement.reason.startswith("Inconclusive after 20 min (limit 20 min)")
    assert "200 users of the canary were seen (at least 300 are needed)" in judgement.reason


def test_a_longer_window_is_used_when_the_first_one_showed_too_little() -> None:
    assert judge([tick(counts(30))] * 17, short()).verdict is ReleaseVerdict.PROMOTE


EMPTY: Sequence[tuple[str, Tick]] = (
    ("no user at all", tick(TrackCounts(), TrackCounts())),
    ("no user of the canary", tick(TrackCounts())),
    ("no user of stable", tick(stable=TrackCounts())),
    ("no tracks", tick(counts={}, mean_latency_ms=LATENCY)),
    ("no latency", tick(mean_latency_ms={})),
)


@pytest.mark.parametrize(("what", "empty"), EMPTY)
def test_no_data_is_never_a_pass_and_never_a_reason(what: str, empty: Tick) -> None:
    for number in range(20):
        assert judge([empty] * number, short()).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE, what
    judgement = judge([empty] * 20, short())
    assert judgement.reason.startswith("Inconclusive")


def test_without_users_of_the_canary_no_comparison_can_be_computed() -> None:
    outcomes = {one.name: one.outcome for one in judge([tick(TrackCounts())] * 10, short()).checks}
    for name in (BAD_ANSWERS, BAD_AGAINST_STABLE, POPULAR_AGAINST_STABLE):
        assert outcomes[name] is CheckOutcome.NOT_COMPUTABLE


def test_ticks_of_warming_are_no_evidence() -> None:
    terrible = tick(counts(60, bad=60), counts(240), phase=WARMING)
    assert judge([terrible] * 30, short()).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    assert judge([terrible] * 30, short()).checks == ()
    assert judge([*[terrible] * 30, *good(10)], short()).verdict is ReleaseVerdict.PROMOTE


def test_a_tick_without_one_of_the_tracks_is_no_comparison() -> None:
    alone = tick(counts(60, bad=3, first_bad=0), counts(240), tracks_present=False)
    judgement = judge([*good(8), *[alone] * 2], short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    assert check(judgement, BAD_AGAINST_STABLE).log_evidence == 0


def test_the_window_waits_while_metrics_are_unavailable() -> None:
    blind = tick(metrics_available=False, mean_latency_ms={})
    waiting = judge([*good(9), *[blind] * 60], short(max_window_s=86400.0))
    assert waiting.verdict is ReleaseVerdict.METRICS_UNAVAILABLE
    assert (waiting.window_s, waiting.window_left_s) == (540, 60)
    assert "1 h (limit 1 h" in waiting.reason
    assert (
        judge([*good(9), *[blind] * 60, tick()], short(max_window_s=86400.0)).verdict
        is ReleaseVerdict.PROMOTE
    )


def test_metrics_unavailable_for_longer_than_the_limit_abort() -> None:
    blind = tick(metrics_available=False, mean_latency_ms={})
    judgement = judge([*good(9), *[blind] * 61], short(max_window_s=86400.0))
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert judgement.reason == "Metrics have been unavailable for 1 h 1 min (limit 1 h, 70 ticks)."


def test_harm_that_the_log_shows_aborts_while_prometheus_is_away() -> None:
    blind = tick(counts(60, bad=40), metrics_available=False, mean_latency_ms={})
    assert judge([blind], short()).verdict is ReleaseVerdict.ABORT


def test_metrics_that_come_and_go_cannot_keep_a_release_open_for_ever() -> None:
    blind = tick(metrics_available=False, mean_latency_ms={})
    assert judge([tick(), blind] * 10, short(window_s=1200.0)).verdict is ReleaseVerdict.METRICS_UNAVAILABLE
    assert judge([blind, tick()] * 10, short(window_s=1200.0)).reason.startswith("Inconclusive")
