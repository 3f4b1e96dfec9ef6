"""A release in each of its phases, and what may be known of it."""

from datetime import timedelta

from auto_deployment.release.judge.judgement import Judgement, ReleaseVerdict
from auto_deployment.release.phases import Situation
from auto_deployment.release.reconcile import Observed
from auto_deployment.release.release import Action, Kind, Phase, Release, ReleaseCommand, requested
from tests.support.release.world import NEW, OLD, SHIPPED, START

OLD_RUNS, NEW_RUNS = (
    Observed(OLD.release, well=True, serving_s=999),
    Observed(NEW.release, well=True, serving_s=999),
)
GONE = Observed()
BAKED = {"stable-1": OLD_RUNS, "stable-2": OLD_RUNS, "canary": NEW_RUNS}


def at(phase: Phase, *commands: ReleaseCommand, kind: Kind = Kind.CANDIDATE) -> Release:
    """Return a release that has just entered a phase."""
    release = requested(NEW, OLD, "r1", "pipeline", START, kind)
    for one in commands:
        release = release.with_command(one)
    return release if phase is Phase.REQUESTED else release.to(phase, START, "as the test wants it")


def command(action: Action, reason: str = "") -> ReleaseCommand:
    return ReleaseCommand(f"w-{action}", action, "ann", START, reason)


def verdict(which: ReleaseVerdict) -> Judgement:
    return Judgement(which, f"because of {which}.", (), 0.0, 0.0)


def known(
    seconds: float = 1.0, judgement: Judgement | None = None, approval: bool = False, **observed: Observed
) -> Situation:
    """Return what is known so many seconds after START; names of instances with `_` for `-`."""
    found = {**BAKED, **{name.replace("_", "-"): one for name, one in observed.items()}}
    return Situation(START + timedelta(seconds=seconds), found, judgement, SHIPPED, approval)
