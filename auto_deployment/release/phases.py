"""The next phase of a release, and which images should run in it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from auto_deployment.host.durations import duration
from auto_deployment.release.judge.judgement import Judgement, ReleaseVerdict
from auto_deployment.release.params import JudgeParams, ReleaseParams
from auto_deployment.release.reconcile import CANARY_NAME, NAMES, STABLE_NAMES, Desired, Observed
from auto_deployment.release.release import Action, Kind, Phase, Release

ROLLBACK_SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that decides: the clock, what runs, the verdict so far (None: there is no evidence)."""

    now: datetime
    observed: Mapping[str, Observed]
    judgement: Judgement | None
    params: ReleaseParams
    needs_approval: bool = False


def judge_params(release: Release, params: ReleaseParams) -> JudgeParams:
    """Return the judge's parameters with the window that persons have made longer."""
    extra = release.extended_s()
    usual = params.judge
    return replace(usual, window_s=usual.window_s + extra, max_window_s=usual.max_window_s + extra)


def advance(release: Release, known: Situation) -> Release:
    """Return the release in the phase that follows, or as it is. One phase at a time, never backwards."""
    if not release.under_way:
        return release
    if command := release.command(Action.ABORT, Action.REJECT):
        verb = "Aborted" if command.action is Action.ABORT else "Rejected"
        return release.to(Phase.ABORTED, known.now, _sentence(f"{verb} by {command.by}", command.reason))
    return ADVANCE[release.phase](release, known)


def supersede(release: Release, newer: str, now: datetime) -> Release:
    """End a release because a newer candidate arrived."""
    return release.to(Phase.SUPERSEDED, now, f"A newer candidate arrived: {newer}.")


def waits_for_approval(release: Release, judgement: Judgement | None, needs_approval: bool) -> bool:
    """Tell whether only a person's approval is missing, asked for by the settings or by the evidence."""
    return (
        release.phase is Phase.BAKING
        and judgement is not None
        and judgement.verdict is ReleaseVerdict.PROMOTE
        and (needs_approval or judgement.held)
        and release.command(Action.APPROVE, Action.PROMOTE) is None
    )


def deadline(release: Release, params: ReleaseParams) -> datetime | None:
    """Return when the present phase should be over at the latest, None for an end."""
    longest_s = {
        Phase.REQUESTED: params.start_max_s,
        Phase.STARTING: params.start_max_s,
        Phase.WARMING: params.warming_s,
        Phase.BAKING: judge_params(release, params).max_window_s,
        Phase.PROMOTING: len(NAMES) * (params.start_max_s + params.settle_s),
    }
    if release.phase not in longest_s:
        return None
    return release.since + timedelta(seconds=longest_s[release.phase])


def desired_state(release: Release, observed: Mapping[str, Observed], settle_s: float) -> Desired:
    """Return what should run in this phase."""
    new, old = release.candidate.release, release.stable.release
    if release.phase is Phase.PROMOTED:
        return Desired(dict.fromkeys(NAMES, new), NAMES, new)
    if release.phase is Phase.PROMOTING:
        return _desired_promoting(release, observed, settle_s)
    if release.phase in (Phase.STARTING, Phase.WARMING, Phase.BAKING):
        serving = STABLE_NAMES if release.phase is Phase.STARTING else NAMES
        return Desired({**dict.fromkeys(STABLE_NAMES, old), CANARY_NAME: new}, serving, new)
    return Desired({**dict.fromkeys(STABLE_NAMES, old), CANARY_NAME: None}, STABLE_NAMES, new)


def _desired_promoting(release: Release, observed: Mapping[str, Observed], settle_s: float) -> Desired:
    """The canary comes first, then one stable, then the other once the first has served.

    A rollback does not wait for long for a canary that does not start with it.
    """
    new, old, canary = release.candidate.release, release.stable.release, observed[CANARY_NAME]
    (first, second), serves_s = STABLE_NAMES, settle_time(release, settle_s)
    ready = _has_served(canary, new, serves_s) or canary.unwell_s > settle_s
    begins = release.kind is Kind.CANDIDATE or ready or observed[first].release == new
    follows = observed[second].release == new or _has_served(observed[first], new, serves_s)
    releases = {first: new if begins else old, second: new if follows else old, CANARY_NAME: new}
    return Desired(releases, NAMES, new)


def settle_time(release: Release, settle_s: float) -> float:
    """Return how long an instance serves before the next is replaced: what is put back is in a hurry."""
    return settle_s if release.kind is Kind.CANDIDATE else min(settle_s, ROLLBACK_SETTLE_S)


def _requested(release: Release, known: Situation) -> Release:
    if release.kind is Kind.ROLLBACK:
        return release.to(Phase.PROMOTING, known.now, f"It served before. {release.reason}")
    return release.to(Phase.STARTING, known.now, "The canary starts.")


def _starting(release: Release, known: Situation) -> Release:
    canary, limit_s = known.observed[CANARY_NAME], known.params.start_max_s
    if canary.release == release.id and canary.well:
        return release.to(Phase.WARMING, known.now, "The canary is healthy and serves.")
    if canary.unwell_s > limit_s:  # as far as somebody looked: while the controller is away nothing starts
        return _not_healthy(release, known, CANARY_NAME)
    return _unless_lost(release, known, release)


def _warming(release: Release, known: Situation) -> Release:
    following = release
    if asked := release.command(Action.PROMOTE):
        following = release.to(Phase.PROMOTING, known.now, _sentence(f"Promoted by {asked.by}", asked.reason))
    elif (known.now - release.since).total_seconds() >= known.params.warming_s:
        following = release.to(Phase.BAKING, known.now, "What users meet is evidence from now on.")
    return _unless_lost(release, known, following)


def _baking(release: Release, known: Situation) -> Release:
    judgement, following = known.judgement, release
    if judgement is not None and judgement.verdict is ReleaseVerdict.ABORT:
        return release.to(Phase.ABORTED, known.now, judgement.reason)
    if judgement is not None and judgement.verdict is ReleaseVerdict.INCONCLUSIVE:
        return release.to(Phase.INCONCLUSIVE, known.now, judgement.reason)
    if asked := release.command(Action.PROMOTE):
        following = release.to(Phase.PROMOTING, known.now, _sentence(f"Promoted by {asked.by}", asked.reason))
    elif (
        judgement is not None
        and judgement.verdict is ReleaseVerdict.PROMOTE
        and not waits_for_approval(release, judgement, known.needs_approval)
    ):
        asked_for = known.needs_approval or judgement.held
        approved = release.command(Action.APPROVE) if asked_for else None
        reason = f"{judgement.reason} Approved by {approved.by}." if approved else judgement.reason
        following = release.to(Phase.PROMOTING, known.now, reason)
    return _unless_lost(release, known, following)


def _promoting(release: Release, known: Situation) -> Release:
    for name in STABLE_NAMES:
        one = known.observed[name]
        if one.wanted == release.id and one.unwell_s > known.params.start_max_s:
            return _not_healthy(release, known, name)
        if one.release == release.id and one.restarts > known.params.canary_restarts_max:
            reason = f"{name} ended {one.restarts} times with it."
            return release.to(Phase.ABORTED, known.now, reason)
    serves_s = settle_time(release, known.params.settle_s)
    if all(_has_served(known.observed[name], release.id, serves_s) for name in STABLE_NAMES):
        return release.to(Phase.PROMOTED, known.now, release.reason)
    return _unless_lost(release, known, release)


ADVANCE: Mapping[Phase, Callable[[Release, Situation], Release]] = {
    Phase.REQUESTED: _requested,
    Phase.STARTING: _starting,
    Phase.WARMING: _warming,
    Phase.BAKING: _baking,
    Phase.PROMOTING: _promoting,
}


def _unless_lost(release: Release, known: Situation, following: Release) -> Release:
    """Abort a candidate whose canary ends again and again or stays away; promote only one that is well."""
    canary, most = known.observed[CANARY_NAME], known.params.canary_restarts_max
    if release.kind is Kind.ROLLBACK:
        return following
    if canary.release == release.id and canary.restarts > most:
        reason = f"The canary ended {canary.restarts} times (at most {most} may be)."
        return release.to(Phase.ABORTED, known.now, reason)
    if release.phase is not Phase.STARTING and canary.unwell_s > known.params.start_max_s:
        runs = canary.release == release.id
        what = "was not healthy" if runs else "could not be started, as the controller's log says,"
        reason = f"The canary {what} for {duration(canary.unwell_s)}."
        return release.to(Phase.ABORTED, known.now, reason, blameless=not runs)
    if following.phase is Phase.PROMOTING and not (canary.release == release.id and canary.well):
        return release
    return following


def _not_healthy(release: Release, known: Situation, name: str) -> Release:
    """End a release with which an instance is not healthy in time; one that never ran has not failed."""
    what, it = ("The canary", "") if name == CANARY_NAME else (name, " with it")
    within = f"{it} within {duration(known.params.start_max_s)}"
    runs = known.observed[name].release == release.id
    reason = f"{what} did not become healthy{within}."
    if not runs:
        reason = f"{what} could not be started{within}: the controller's log says why."
    return release.to(Phase.ABORTED, known.now, reason, blameless=not runs)


def _has_served(observed: Observed, release: str, settle_s: float) -> bool:
    return observed.release == release and observed.well and observed.serving_s >= settle_s


def _sentence(words: str, reason: str) -> str:
    return f"{words}: {reason.rstrip('.')}." if reason else f"{words}."
