"""Check 7: fewer users who watch something from the canary's lists than from stable's are harm."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.release.judge.check_watched import WATCHED_AGAINST_STABLE
from auto_deployment.release.judge.checks import BAD_AGAINST_STABLE
from auto_deployment.release.judge.judge import CheckOutcome, CheckResult, Judgement, ReleaseVerdict, judge
from auto_deployment.release.judge.ticks import CANARY, STABLE, GroupCounts, Tick
from auto_deployment.release.judge.watched import Watched, Watchers, known, newly
from tests.support.release.ticks import START, counts, good, in_order, short, tick

SHOWN = {CANARY: 2_000, STABLE: 8_000}


def watched(canary: int, stable: int, **groups: tuple[int, int]) -> Watched:
    """Return what was counted: so many watched something; a group has the same users as all."""

    def tracks(both: tuple[int, int]) -> dict[str, Watchers]:
        pairs = zip((CANARY, STABLE), both, strict=True)
        return {track: Watchers(SHOWN[track], number) for track, number in pairs}

    named = {name.replace("_", " "): tracks(both) for name, both in groups.items()}
    return Watched(START, tracks((canary, stable)), named)


def told(*series: Watched | None) -> list[Tick]:
    """Return good minutes, ten at least, in which feedback says this, and then nothing new."""
    padded = [*series, *[None] * (10 - len(series))]
    return in_order([tick(watched=one) for one in padded])


def found(judgement: Judgement) -> CheckResult:
    return next(one for one in judgement.checks if one.name == WATCHED_AGAINST_STABLE)


def test_lists_of_the_canary_that_are_watched_less_abort_with_the_numbers_said() -> None:
    judgement = judge(told(watched(60, 480)), short())
    assert judgement.verdict is ReleaseVerdict.ABORT
    assert judgement.reason == (
        "60 of 2,000 (3.00 %) users of the canary watched something from their lists, on stable 480 of 8,000 "
        "(6.00 %), 0.50 times as many: shown to be less than 0.91 times stable's share (log evidence 9.7 of "
        "6.2, by what was told until 2026-03-01 06:00 UTC)."
    )


def test_lists_of_the_canary_that_are_watched_more_are_no_harm() -> None:
    judgement = judge(told(watched(240, 480)), short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    assert found(judgement).outcome is CheckOutcome.KEPT
    assert found(judgement).log_evidence == 0
    assert "2.00 times as many: not shown to be less" in found(judgement).sentence


@pytest.mark.parametrize("canary", [120, 109])  # as many, and what is tolerated: 1 / 1.1 of that
def test_lists_that_are_watched_as_much_are_no_harm(canary: int) -> None:
    assert judge(told(watched(canary, 480)), short()).verdict is ReleaseVerdict.PROMOTE


def test_evidence_adds_up_over_ticks_and_what_was_enough_stays_enough() -> None:
    less = watched(60, 480)
    late = told(*[None] * 5, watched(30, 240), None, less, watched(600, 480))
    assert judge(late[:7], short()).verdict is ReleaseVerdict.NOT_ENOUGH_EVIDENCE
    assert judge(late[:8], short()).verdict is ReleaseVerdict.ABORT
    assert judge(late, short()).verdict is ReleaseVerdict.ABORT


def test_where_nobody_counts_it_is_not_asked_for() -> None:
    judgement = judge(told(), short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    assert WATCHED_AGAINST_STABLE not in [one.name for one in judgement.checks]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Watched(absent="feedback is away"), "feedback is away"),
        (Watched(START), "feedback knows of no user of the canary who was shown a list"),
        (
            Watched(START, {CANARY: Watchers(7, 1)}),
            "feedback knows of no user of stable who was shown a list",
        ),
    ],
)
def test_what_is_absent_is_shown_with_its_reason_and_neither_aborts_nor_passes(
    said: Watched, why: str
) -> None:
    judgement = judge(told(said), short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    assert found(judgement).outcome is CheckOutcome.ABSENT
    assert why in found(judgement).sentence
    assert why in judgement.reason
    few = in_order([tick(counts(10), watched=said)] * 20)
    assert judge(few, short()).verdict is ReleaseVerdict.INCONCLUSIVE


def test_feedback_that_goes_away_takes_nothing_back() -> None:
    away = Watched(absent="feedback is away")
    assert judge(told(watched(60, 480), away), short()).verdict is ReleaseVerdict.ABORT
    judgement = judge(told(watched(120, 480), away), short())
    assert found(judgement).outcome is CheckOutcome.ABSENT
    assert "120 of 2,000" in found(judgement).sentence
    back = judge(told(watched(120, 480), away, watched(121, 480)), short())
    assert found(back).outcome is CheckOutcome.KEPT


def test_ticks_before_the_evidence_began_anew_count_no_longer() -> None:
    before = [*told(watched(60, 480))[:9], tick(set_aside=True)]
    assert judge(in_order([*before, *good(10)]), short()).verdict is ReleaseVerdict.PROMOTE


TOTALS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8)


@given(TOTALS)
def test_each_user_counts_at_most_once_whatever_feedback_says(totals: list[tuple[int, int]]) -> None:
    series = [Watched(START, {CANARY: Watchers(max(both), min(both))}) for both in totals]
    columns = newly(series, CANARY)
    assert columns.watched.min() >= 0
    assert columns.watched.sum() == max(min(both) for both in totals)
    assert columns.shown.sum() == max(max(both) for both in totals)


@given(TOTALS, st.data())
def test_saying_nothing_new_or_being_away_is_the_same_as_saying_it_again(
    totals: list[tuple[int, int]], data: st.DataObject
) -> None:
    series: list[Watched | None] = []
    for both in totals:
        one = Watched(START, {CANARY: Watchers(max(both), min(both))})
        silence = st.lists(st.sampled_from([None, one, Watched(absent="away")]), max_size=2)
        series += [one, *data.draw(silence)]
    full = [one for one in series if one is not None and not one.absent]
    assert newly(known(series), CANARY).watched.sum() == newly(full, CANARY).watched.sum()


def test_a_tick_is_stored_and_read_again_and_one_of_before_has_nothing() -> None:
    one = tick(watched=watched(6, 48, gender_F=(6, 48)))
    stored = json.loads(json.dumps(one.to_json()))
    assert Tick.from_json(stored) == one
    del stored["watched"]
    assert Tick.from_json(stored) == replace(one, watched=None)
    assert "watched" not in tick().to_json()


@pytest.mark.parametrize("both", [(5, 6), (-1, -1), (5, -1)])
def test_counts_that_cannot_be_are_refused(both: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="more users watched"):
        Watchers(*both)


def test_a_group_that_watches_less_waits_for_a_person_and_never_aborts() -> None:
    less = watched(120, 480, gender_F=(60, 480), gender_M=(120, 480))
    judgement = judge(told(less), short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    assert judgement.held
    assert [(one.group, one.held) for one in judgement.groups] == [("gender F", True), ("gender M", False)]
    assert "A person has to look. Of gender F, 60 of 2,000 (3.00 %, 2.34 to 3.84 %)" in judgement.reason


def test_groups_share_the_chance_of_holding_what_is_harmless() -> None:
    one = watched(120, 480, age_1=(80, 480))
    many = watched(120, 480, age_1=(80, 480), **{f"age_{n}": (120, 480) for n in range(2, 40)})
    alone, among = (judge(told(said), short()).groups[0] for said in (one, many))
    assert alone.log_evidence == among.log_evidence
    assert (alone.held, among.held) == (True, False)


def test_a_group_that_one_track_lacks_is_not_compared() -> None:
    lacking = replace(watched(120, 480), groups={"gender F": {STABLE: Watchers(10, 1)}})
    assert judge(told(lacking), short()).groups == ()


def test_a_group_with_more_bad_answers_waits_for_a_person_and_never_aborts() -> None:
    groups = {
        "gender F": {CANARY: GroupCounts(12, 1), STABLE: GroupCounts(48, 0)},
        "gender M": {CANARY: GroupCounts(48, 0), STABLE: GroupCounts(192, 5)},
    }
    one = tick(counts(60, bad=1, first_bad=0), counts(240, bad=5, first_bad=0), groups=groups)
    judgement = judge(in_order([one] * 10), short())
    assert judgement.verdict is ReleaseVerdict.PROMOTE
    found = [(group.check, group.group, group.held) for group in judgement.groups]
    assert found == [(BAD_AGAINST_STABLE, "gender F", True), (BAD_AGAINST_STABLE, "gender M", False)]
    assert "Of gender F, 10 of 120 (8.33 %" in judgement.reason
    alone = [replace(one, tracks_present=False)] * 10
    assert not judge(in_order(alone), short()).held


def test_groups_of_a_tick_are_stored_and_read_again() -> None:
    one = tick(groups={"gender F": {CANARY: GroupCounts(2, 1)}})
    stored = json.loads(json.dumps(one.to_json()))
    assert Tick.from_json(stored) == one
    assert "groups" not in tick().to_json()
