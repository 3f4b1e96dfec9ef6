"""Evidence under one split of the users says nothing under another: harmless candidates look harmful."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from auto_deployment.release.judge.judge import judge
from auto_deployment.release.judge.judgement import ReleaseVerdict
from auto_deployment.release.judge.replay import replay
from auto_deployment.release.judge.split import is_usual, why_anew
from auto_deployment.release.judge.ticks import Tick, evidence
from tests.support.release.ticks import SHIPPED, counts, good, in_order, short, tick

ALL = {"stable-1": 40, "stable-2": 40, "canary": 20}
ONE_AWAY = {"stable-2": 40, "canary": 20}
MINUTES, CHANGED_AT = 720, 120
REQUESTS_MIN, BAD_SHARE = 300, 0.005  # users who come once each


def played(
    weights: Sequence[Mapping[str, int]], random: np.random.Generator, worse: float = 1.0
) -> list[Tick]:
    """Play a release with weights for each minute, in which the canary gets so much worse at the change."""
    ticks = []
    for minute, one in enumerate(weights):
        share = one["canary"] / sum(one.values())
        bad = BAD_SHARE * (worse if minute >= CHANGED_AT else 1.0)
        canary, stable = random.poisson([REQUESTS_MIN * share, REQUESTS_MIN * (1 - share)])
        ticks.append(
            tick(
                counts(canary, random.binomial(canary, bad)),
                counts(stable, random.binomial(stable, BAD_SHARE)),
                weights=one,
            )
        )
    return in_order(ticks)


def recorded(ticks: Sequence[Tick], away_max_s: float = SHIPPED.away_max_s) -> list[Tick]:
    """Record ticks one by one, as the controller does."""
    taken: list[Tick] = []
    for one in ticks:
        present = one.tracks_present and is_usual(one.weights, taken)
        taken.append(replace(one, tracks_present=present))
        if why_anew(taken, away_max_s):
            taken[-1] = replace(taken[-1], set_aside=True)
    return taken


def aborted(ticks: Sequence[Tick]) -> bool:
    return judge(ticks, SHIPPED.judge).verdict is ReleaseVerdict.ABORT


def test_equal_tracks_are_aborted_when_a_weight_changes_unless_the_evidence_begins_anew() -> None:
    random = np.random.default_rng(1)
    weights = [{**ALL, "canary": 5}] * CHANGED_AT + [ALL] * (MINUTES - CHANGED_AT)
    runs = [played(weights, random) for _ in range(60)]
    alarms = [one for one in runs if aborted(one)]
    assert len(alarms) >= 3  # of sixty, where one in a hundred is promised
    assert not any(aborted(recorded(one)) for one in alarms)


def test_harm_is_missed_when_an_instance_comes_back_unless_the_evidence_begins_anew() -> None:
    """The canary had a third of the users, and is taken to have about as many still."""
    random = np.random.default_rng(1)
    weights = [ONE_AWAY] * CHANGED_AT + [ALL] * (MINUTES - CHANGED_AT)
    ticks = played(weights, random, worse=2.0)
    assert not aborted(ticks)
    assert aborted(recorded(ticks))


def test_harm_is_found_under_the_new_split_too() -> None:
    worse = [tick(counts(60, bad=5), counts(240, bad=2), weights=ALL)] * 60
    changed = recorded(in_order([tick(weights={**ALL, "canary": 5})] * 60 + worse))
    assert aborted(changed)
    assert len(evidence(changed)) == 59


def test_a_weight_that_changed_begins_the_evidence_anew_at_once_and_says_so() -> None:
    ticks = [*good(3), tick(weights=ALL), tick(weights={**ALL, "canary": 10})]
    said = "NGINX's weights were canary 20, stable-1 40, stable-2 40, and are canary 10, stable-1 40,"
    assert why_anew(ticks, 300) == f"{said} stable-2 40"
    assert not why_anew(ticks[:-1], 300)


def test_an_instance_that_is_away_for_a_while_costs_only_the_comparison_of_that_while() -> None:
    ticks = recorded([tick(weights=ALL)] * 3 + [tick(weights=ONE_AWAY)] * 5 + [tick(weights=ALL)] * 3)
    assert [one.tracks_present for one in ticks] == [True] * 3 + [False] * 5 + [True] * 3
    assert not any(one.set_aside for one in ticks)


def test_an_instance_that_is_away_for_long_begins_the_evidence_anew_and_again_when_it_comes_back() -> None:
    away = recorded([tick(weights=ALL)] * 3 + [tick(weights=ONE_AWAY)] * 8)
    assert [number for number, one in enumerate(away) if one.set_aside] == [8]  # the first past five minutes
    assert [one.tracks_present for one in evidence(away)] == [True] * 2
    back = recorded([*away, tick(weights=ALL), tick(weights=ALL)])
    assert back[-2].set_aside
    assert evidence(back) == back[-1:]
    first = [*away[:8], replace(away[8], set_aside=False)]
    assert why_anew(first, 300).startswith("for 6 min no user has been sent to stable-1")


def test_minutes_of_which_no_weight_is_known_change_nothing() -> None:
    mixed = [tick(weights=ALL), tick(), tick(weights=ALL), tick()]
    assert recorded(mixed) == mixed
    assert not why_anew([], 300)
    assert not why_anew([tick(), tick(weights=ONE_AWAY)], 300)


def test_records_without_weights_are_judged_as_before_and_replayed_to_the_same_end() -> None:
    ticks = good(12)
    assert evidence(ticks) == ticks
    assert replay(ticks, short()).ticks == 10
    anew = [*ticks[:8], replace(ticks[8], set_aside=True), *ticks[9:]]
    assert replay(anew, short()).judgement.window_s == 3 * 60
    assert replay(anew, short(window_s=420.0, min_users=100)).ticks == 7  # its window was over before


def test_what_is_usual_costs_a_record_no_word() -> None:
    assert {"weights", "set_aside"}.isdisjoint(tick().to_json())
    told = tick(weights=ALL, set_aside=True)
    assert Tick.from_json(told.to_json()) == told
