"""A release in each of its phases, and what may be known of it."""

from datetime import timedelta

from auto_deployment.release.judge.judgement import Judgement, Verdict
from auto_deployment.release.phases import Known
from auto_deployment.release.reconcile import Seen
from auto_deployment.release.release import Kind, Phase, Release, Verb, Word, requested
from tests.support.release.world import NEW, OLD, SHIPPED, START

OLD_RUNS, NEW_RUNS = Seen(OLD.release, well=True, serving_s=999), Seen(NEW.release, well=True, serving_s=999)
GONE = Seen()
BAKED = {"stable-1": OLD_RUNS, "stable-2": OLD_RUNS, "canary": NEW_RUNS}


def at(phase: Phase, *words: Word, kind: Kind = Kind.CANDIDATE) -> Release:
    """Return a release that has just entered a phase."""
    release = requested(NEW, OLD, "r1", "pipeline", START, kind)
    for one in words:
        release = release.hear(one)
    return release if phase is Phase.REQUESTED else release.to(phase, START, "as the test wants it")


def word(verb: Verb, reason: str = "") -> Word:
    return Word(f"w-{verb}", verb, "ann", START, reason)


def verdict(which: Verdict) -> Judgement:
    return Judgement(which, f"because of {which}.", (), 0.0, 0.0)


def known(
    seconds: float = 1.0, judgement: Judgement | None = None, approval: bool = False, **seen: Seen
) -> Known:
    """Return what is known so many seconds after START; names of instances with `_` for `-`."""
    found = {**BAKED, **{name.replace("_", "-"): one for name, one in seen.items()}}
    return Known(START + timedelta(seconds=seconds), found, judgement, SHIPPED, approval)
