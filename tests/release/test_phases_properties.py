"""What no release can do, whatever is known at each moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.release.judge.judge import judge
from auto_deployment.release.judge.judgement import ReleaseVerdict
from auto_deployment.release.judge.ticks import Tick
from auto_deployment.release.phases import Situation, advance
from auto_deployment.release.reconcile import Observed
from auto_deployment.release.release import Action, Phase, Release, requested
from tests.support.release.phases import BAKED, at, command, verdict
from tests.support.release.ticks import good, tick
from tests.support.release.world import NEW, OLD, SHIPPED, START

ALLOWED = {
    Phase.REQUESTED: {Phase.STARTING, Phase.ABORTED},
    Phase.STARTING: {Phase.WARMING, Phase.ABORTED},
    Phase.WARMING: {Phase.BAKING, Phase.PROMOTING, Phase.ABORTED},
    Phase.BAKING: {Phase.PROMOTING, Phase.ABORTED, Phase.INCONCLUSIVE},
    Phase.PROMOTING: {Phase.PROMOTED, Phase.ABORTED},
}
SEEN = st.builds(
    Observed,
    release=st.sampled_from([None, OLD.release, NEW.release]),
    well=st.booleans(),
    restarts=st.integers(0, 6),
    unwell_s=st.floats(0, 1000),
    serving_s=st.floats(0, 1000),
)
JUDGEMENTS = st.one_of(st.none(), st.sampled_from(ReleaseVerdict).map(verdict))
WORDS = st.one_of(st.none(), st.sampled_from(Action).map(command))
MOMENTS = st.tuples(st.floats(0, 50_000), SEEN, SEEN, SEEN, JUDGEMENTS, WORDS, st.booleans())


def live_through(moments: Sequence[tuple]) -> list[tuple[Release, Situation]]:  # type: ignore[type-arg]
    """Return the release and what was known at each moment."""
    release, now = requested(NEW, OLD, "r1", "pipeline", START), START
    lived = []
    for seconds, first, second, canary, judgement, said, approval in moments:
        now += timedelta(seconds=seconds)
        if said is not None:
            release = release.with_command(replace(said, id=f"w{now}"))
        facts = Situation(
            now, {"stable-1": first, "stable-2": second, "canary": canary}, judgement, SHIPPED, approval
        )
        lived.append((release, facts))
        release = advance(release, facts)
    lived.append((release, facts))
    return lived


@given(st.lists(MOMENTS, min_size=1, max_size=40))
def test_no_transition_skips_a_phase_or_goes_back(moments: list[tuple]) -> None:  # type: ignore[type-arg]
    lived = live_through(moments)
    for (before, _), (after, _) in pairwise(lived):
        if after.phase is not before.phase:
            assert after.phase in ALLOWED[before.phase]


@given(st.lists(MOMENTS, min_size=1, max_size=40))
def test_nothing_is_promoted_whose_canary_was_not_well(moments: list[tuple]) -> None:  # type: ignore[type-arg]
    lived = live_through(moments)
    for (before, facts), (after, _) in pairwise(lived):
        if after.phase is Phase.PROMOTING and before.phase is not Phase.PROMOTING:
            assert after.entered(Phase.STARTING)
            assert after.entered(Phase.WARMING)
            assert facts.observed["canary"].release == NEW.release
            assert facts.observed["canary"].well


@given(st.lists(MOMENTS, min_size=1, max_size=40))
def test_nothing_is_promoted_but_by_a_verdict_or_a_person(moments: list[tuple]) -> None:  # type: ignore[type-arg]
    lived = live_through(moments)
    for (before, facts), (after, _) in pairwise(lived):
        if after.phase is Phase.PROMOTING and before.phase is not Phase.PROMOTING:
            by_verdict = facts.judgement is not None and facts.judgement.verdict is ReleaseVerdict.PROMOTE
            assert by_verdict or before.command(Action.PROMOTE)
            if facts.needs_approval:
                assert before.command(Action.PROMOTE, Action.APPROVE)


def without_evidence(ticks: Sequence[Tick], lack: str) -> list[Tick]:
    """Return ticks that lack one thing, each of which alone must keep a candidate from promotion."""
    changes: dict[str, dict[str, object]] = {
        "no answer of Prometheus": {"metrics_available": False},
        "no mean": {"mean_latency_ms": {"canary": None, "stable": 20.0}},
        "not a number": {"mean_latency_ms": {"canary": float("nan"), "stable": 20.0}},
        "no users": {"counts": {}},
        "no tick of baking": {"phase": "warming"},
    }
    return [replace(one, **changes[lack]) for one in ticks]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "lack", ["no answer of Prometheus", "no mean", "not a number", "no users", "no tick of baking"]
)
@settings(max_examples=20)
@given(count=st.integers(1, 150))
def test_there_is_no_way_from_missing_data_to_promoted(lack: str, count: int) -> None:
    ticks = without_evidence([replace(one, duration_s=600.0) for one in good(count)], lack)
    judgement = judge(ticks, SHIPPED.judge)
    release = advance(at(Phase.BAKING), Situation(START + timedelta(days=1), BAKED, judgement, SHIPPED))
    assert release.phase in (Phase.BAKING, Phase.ABORTED, Phase.INCONCLUSIVE)


def test_with_all_data_it_is_promoted() -> None:
    """The test above could not fail otherwise."""
    ticks = [replace(one, duration_s=600.0) for one in good(72)]
    assert judge(ticks, SHIPPED.judge).verdict is ReleaseVerdict.PROMOTE
    assert tick().metrics_available
