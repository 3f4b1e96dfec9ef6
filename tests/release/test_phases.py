"""Which phase follows from what is known: every transition."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from auto_deployment.release.judge.judgement import ReleaseVerdict
from auto_deployment.release.phases import (
    Situation,
    advance,
    deadline,
    desired_state,
    supersede,
    waits_for_approval,
)
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, STABLE_NAMES, Observed
from auto_deployment.release.release import ENDS, Action, Kind, Phase, Release, ReleaseCommand
from tests.support.release.phases import BAKED, GONE, NEW_RUNS, OLD_RUNS, at, command, known, verdict
from tests.support.release.world import NEW, OLD, SHIPPED, START

PHASES = [phase for phase in Phase if phase not in ENDS]
MANY_RESTARTS = replace(NEW_RUNS, restarts=SHIPPED.canary_restarts_max + 1)
LONG_ILL = Observed(NEW.release, well=False, unwell_s=SHIPPED.start_max_s + 1, wanted=NEW.release)
ILL = Observed(NEW.release, well=False, unwell_s=1)
LATE = SHIPPED.start_max_s + 1


@pytest.mark.parametrize(
    ("release", "facts", "phase", "reason"),
    [
        (at(Phase.REQUESTED), known(canary=GONE), Phase.STARTING, "canary starts"),
        (at(Phase.REQUESTED, kind=Kind.ROLLBACK), known(), Phase.PROMOTING, "Requested by pipeline"),
        (at(Phase.STARTING), known(canary=GONE), Phase.STARTING, None),
        (at(Phase.STARTING), known(canary=ILL), Phase.STARTING, None),
        (at(Phase.STARTING), known(canary=OLD_RUNS), Phase.STARTING, None),
        (at(Phase.STARTING), known(), Phase.WARMING, "healthy"),
        (at(Phase.STARTING), known(LATE, canary=ILL), Phase.STARTING, None),  # nobody looked meanwhile
        (at(Phase.STARTING), known(canary=LONG_ILL), Phase.ABORTED, "within 5 min"),
        (at(Phase.STARTING), known(canary=Observed(unwell_s=LATE)), Phase.ABORTED, "within 5 min"),
        (
            at(Phase.STARTING),
            known(canary=replace(MANY_RESTARTS, well=False)),
            Phase.ABORTED,
            "ended 4 times",
        ),
        (at(Phase.STARTING, command(Action.PROMOTE)), known(canary=ILL), Phase.STARTING, None),
        (at(Phase.WARMING), known(599), Phase.WARMING, None),
        (at(Phase.WARMING), known(600), Phase.BAKING, "evidence from now on"),
        (at(Phase.WARMING), known(600, canary=MANY_RESTARTS), Phase.ABORTED, "ended 4 times"),
        (at(Phase.WARMING), known(canary=LONG_ILL), Phase.ABORTED, "not healthy for 5 min 1 s"),
        (at(Phase.WARMING), known(canary=Observed(unwell_s=LATE)), Phase.ABORTED, "could not be started"),
        (
            at(Phase.WARMING, command(Action.PROMOTE, "hurry")),
            known(),
            Phase.PROMOTING,
            "Promoted by ann: hurry.",
        ),
        (at(Phase.WARMING, command(Action.PROMOTE)), known(canary=ILL), Phase.WARMING, None),
        (at(Phase.BAKING), known(judgement=verdict(ReleaseVerdict.NOT_ENOUGH_EVIDENCE)), Phase.BAKING, None),
        (at(Phase.BAKING), known(judgement=verdict(ReleaseVerdict.METRICS_UNAVAILABLE)), Phase.BAKING, None),
        (at(Phase.BAKING), known(judgement=None), Phase.BAKING, None),
        (at(Phase.BAKING), known(judgement=verdict(ReleaseVerdict.ABORT)), Phase.ABORTED, "because of abort"),
        (
            at(Phase.BAKING),
            known(judgement=verdict(ReleaseVerdict.PROMOTE)),
            Phase.PROMOTING,
            "because of promote",
        ),
        (at(Phase.BAKING), known(judgement=verdict(ReleaseVerdict.PROMOTE), canary=ILL), Phase.BAKING, None),
        (
            at(Phase.BAKING),
            known(judgement=verdict(ReleaseVerdict.PROMOTE), approval=True),
            Phase.BAKING,
            None,
        ),
        (
            at(Phase.BAKING, command(Action.APPROVE)),
            known(judgement=verdict(ReleaseVerdict.PROMOTE), approval=True),
            Phase.PROMOTING,
            "Approved by ann",
        ),
        (
            at(Phase.BAKING, command(Action.APPROVE)),
            known(judgement=verdict(ReleaseVerdict.NOT_ENOUGH_EVIDENCE), approval=True),
            Phase.BAKING,
            None,
        ),
        (
            at(Phase.BAKING, command(Action.PROMOTE)),
            known(judgement=verdict(ReleaseVerdict.NOT_ENOUGH_EVIDENCE)),
            Phase.PROMOTING,
            "Promoted by ann",
        ),
        (
            at(Phase.BAKING, command(Action.PROMOTE)),
            known(judgement=verdict(ReleaseVerdict.ABORT)),
            Phase.ABORTED,
            "abort",
        ),
        (at(Phase.BAKING), known(canary=MANY_RESTARTS), Phase.ABORTED, "ended 4 times"),
        (at(Phase.PROMOTING), known(), Phase.PROMOTING, None),
        (at(Phase.PROMOTING), known(stable_1=NEW_RUNS), Phase.PROMOTING, None),
        (
            at(Phase.PROMOTING),
            known(stable_1=NEW_RUNS, stable_2=NEW_RUNS),
            Phase.PROMOTED,
            "as the test wants it",
        ),
        (at(Phase.PROMOTING), known(stable_1=LONG_ILL), Phase.ABORTED, "stable-1 did not become healthy"),
        (
            at(Phase.PROMOTING),
            known(stable_1=NEW_RUNS, stable_2=LONG_ILL),
            Phase.ABORTED,
            "stable-2 did not become healthy",
        ),
        (at(Phase.PROMOTING), known(stable_1=MANY_RESTARTS), Phase.ABORTED, "stable-1 ended 4 times"),
        (at(Phase.PROMOTING), known(stable_1=NEW_RUNS, canary=MANY_RESTARTS), Phase.ABORTED, "canary ended"),
        (
            at(Phase.PROMOTING, kind=Kind.ROLLBACK),
            known(stable_1=NEW_RUNS, stable_2=NEW_RUNS, canary=GONE),
            Phase.PROMOTED,
            None,
        ),
    ],
)
def test_the_phase_that_follows(release: Release, facts: Situation, phase: Phase, reason: str | None) -> None:
    following = advance(release, facts)
    assert following.phase is phase
    if reason is None:
        assert following.phase is release.phase or release.reason == following.reason
    else:
        assert reason in following.reason


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("action", [Action.ABORT, Action.REJECT])
def test_a_person_ends_a_release_in_every_phase_and_stands_in_its_reason(
    phase: Phase, action: Action
) -> None:
    following = advance(at(phase, command(action, "the lists look odd")), known())
    assert following.phase is Phase.ABORTED
    assert following.reason in ("Aborted by ann: the lists look odd.", "Rejected by ann: the lists look odd.")


@pytest.mark.parametrize("phase", ENDS)
def test_an_end_is_an_end(phase: Phase) -> None:
    release = at(phase, command(Action.ABORT), command(Action.PROMOTE))
    assert advance(release, known(judgement=verdict(ReleaseVerdict.PROMOTE))) is release
    assert deadline(release, SHIPPED) is None


def test_a_newer_candidate_ends_the_older_one() -> None:
    assert supersede(at(Phase.BAKING), "v3-abc", START).reason == "A newer candidate arrived: v3-abc."


def test_an_extended_window_is_longer_by_what_was_said() -> None:
    release = at(Phase.BAKING, ReleaseCommand("w", Action.EXTEND, "ann", START, "", 3600.0))
    usual = deadline(at(Phase.BAKING), SHIPPED)
    longer = deadline(release, SHIPPED)
    assert usual is not None
    assert longer == usual + timedelta(hours=1)


def test_only_a_promotion_waits_for_approval() -> None:
    baking = at(Phase.BAKING)
    assert waits_for_approval(baking, verdict(ReleaseVerdict.PROMOTE), True)
    assert not waits_for_approval(baking, verdict(ReleaseVerdict.PROMOTE), False)
    assert not waits_for_approval(baking, verdict(ReleaseVerdict.NOT_ENOUGH_EVIDENCE), True)
    assert not waits_for_approval(
        at(Phase.BAKING, command(Action.APPROVE)), verdict(ReleaseVerdict.PROMOTE), True
    )


@pytest.mark.parametrize(
    ("phase", "stables", "canary", "serving"),
    [
        (Phase.STARTING, (OLD, OLD), NEW, STABLE_NAMES),
        (Phase.WARMING, (OLD, OLD), NEW, NAMES),
        (Phase.BAKING, (OLD, OLD), NEW, NAMES),
        (Phase.PROMOTING, (NEW, OLD), NEW, NAMES),
        (Phase.PROMOTED, (NEW, NEW), NEW, NAMES),
        (Phase.ABORTED, (OLD, OLD), None, STABLE_NAMES),
        (Phase.SUPERSEDED, (OLD, OLD), None, STABLE_NAMES),
    ],
)
def test_what_should_run(phase: Phase, stables: tuple, canary: object, serving: Sequence[str]) -> None:  # type: ignore[type-arg]
    wanted = desired_state(at(phase), BAKED, SHIPPED.settle_s)
    assert wanted.releases["stable-1"] == stables[0].release
    assert wanted.releases["stable-2"] == stables[1].release
    assert wanted.releases[CANARY_NAME] == (NEW.release if canary else None)
    assert tuple(wanted.serving) == tuple(serving)
    assert wanted.salt == NEW.release


def test_the_second_stable_follows_when_the_first_has_served() -> None:
    release = at(Phase.PROMOTING)
    just_well = {**BAKED, "stable-1": replace(NEW_RUNS, serving_s=SHIPPED.settle_s - 1)}
    assert desired_state(release, just_well, SHIPPED.settle_s).releases["stable-2"] == OLD.release
    served = {**BAKED, "stable-1": NEW_RUNS}
    assert desired_state(release, served, SHIPPED.settle_s).releases["stable-2"] == NEW.release
    both = {**just_well, "stable-2": NEW_RUNS}  # once replaced it is not put back
    assert desired_state(release, both, SHIPPED.settle_s).releases["stable-2"] == NEW.release
