"""The checks of docs/evidence.md, each a row of the verdict. They read ticks of `baking` only."""

from collections.abc import Sequence
from dataclasses import dataclass

from auto_deployment.release.judge.check_watched import WATCHED_AGAINST_STABLE, check_watched
from auto_deployment.release.judge.evidence import (
    BAD_PART,
    POPULAR_PART,
    SLOW_PART,
    Columns,
    Evidence,
    abort_limit,
    kept_limit,
    presence,
    weigh,
)
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult
from auto_deployment.release.judge.sentences import largest, percent, portion, sentence, share_of
from auto_deployment.release.judge.sequential import Floats
from auto_deployment.release.judge.ticks import CANARY, STABLE, Tick
from auto_deployment.release.params import JudgeParams

MEAN_LATENCY = "mean-latency"
BAD_ANSWERS = "bad-answers"
BAD_AGAINST_STABLE = "bad-against-stable"
POPULAR_AGAINST_STABLE = "popular-against-stable"
SLOW_AGAINST_STABLE = "slow-against-stable"
SAMPLE = "sample"
CHECKS = (
    MEAN_LATENCY,
    BAD_ANSWERS,
    BAD_AGAINST_STABLE,
    POPULAR_AGAINST_STABLE,
    SLOW_AGAINST_STABLE,
    WATCHED_AGAINST_STABLE,
    SAMPLE,
)


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks are about: ticks of evidence (one at least), the limits, whether time is up."""

    ticks: Sequence[Tick]
    canary: Columns
    stable: Columns
    params: JudgeParams
    decided: bool


def check_all(case: Case) -> tuple[CheckResult, ...]:
    """Return every check in the order of `CHECKS`.

    What nobody looked for when the ticks were recorded is not asked for: releases of version 0.1 know no
    slow attempts.
    """
    evidence = weigh(case.canary, case.stable, presence(case.ticks), case.params)
    slow = f"waited for more than {case.params.slow_ms:g} ms for an attempt"
    looked_for_slow = any(one.newly_slow is not None for tick in case.ticks for one in tick.counts.values())
    return (
        check_mean_latency(case),
        check_bad_answers(case, evidence),
        _check_harm(case, BAD_AGAINST_STABLE, "had a bad answer", "newly_bad", evidence.bad_harm, BAD_PART),
        _check_harm(
            case,
            POPULAR_AGAINST_STABLE,
            "got the popularity list",
            "newly_fallback",
            evidence.fallback_harm,
            POPULAR_PART,
        ),
        *(
            [_check_harm(case, SLOW_AGAINST_STABLE, slow, "newly_slow", evidence.slow_harm, SLOW_PART)]
            if looked_for_slow or not any(tick.counts for tick in case.ticks)
            else []
        ),
        *check_watched(case.ticks, case.canary, case.stable, evidence.watched_harm, case.params),
        check_sample(case),
    )


def check_mean_latency(case: Case) -> CheckResult:
    """Compare the canary's mean over the whole window, as of the last tick; stable's is only shown."""
    last, limit = case.ticks[-1], case.params.mean_latency_max_ms
    mean, n = last.mean_ms(CANARY), sum(tick.of(CANARY).requests for tick in case.ticks)
    if mean is None:
        outcome = CheckOutcome.NOT_COMPUTABLE
        said = "Prometheus has no successful recommendation of the canary"
    else:
        said = f"successful recommendations of the canary take {mean:.1f} ms on average"
        outcome = CheckOutcome.OPEN
        if case.decided:
            outcome = CheckOutcome.KEPT if mean < limit else CheckOutcome.BROKEN
    until = "" if case.decided else "; decided at the end of the window"
    words = sentence(f"{said} (must be below {limit:g} ms, {n:,} requests{until})")
    return CheckResult(MEAN_LATENCY, outcome, last.mean_ms(STABLE), mean, limit, n, None, words)


def check_bad_answers(case: Case, evidence: Evidence) -> CheckResult:
    """Decide whether the canary is shown to keep the SLO, or to break it hardly more than stable does.

    A broken SLO aborts only where stable has no users: with both tracks below it, that is nobody's fault.
    """
    params, n, bad = case.params, int(case.canary.users.sum()), int(case.canary.first_bad.sum())
    limit, enough, against = params.slo_bad_share, kept_limit(params), largest(evidence.slo_broken)
    kept, not_worse = float(evidence.slo_kept[-1]), float(evidence.not_much_worse[-1])
    less = f"less than {params.excluded_ratio:g} times stable's share"
    outcome = CheckOutcome.KEPT
    if n == 0:
        outcome, shown = CheckOutcome.NOT_COMPUTABLE, "no user of the canary was seen"
    elif against >= abort_limit(params) and not case.stable.users.any():
        outcome, shown = CheckOutcome.BROKEN, "shown to be more, and stable has no users to compare with"
    elif kept >= enough:
        shown = "shown to be at most that"
    elif not_worse >= enough:
        shown = f"not shown to be at most that, but shown that {less} had a bad answer"
    else:
        outcome, shown = (
            CheckOutcome.OPEN,
            f"neither shown to be at most that, nor that {less} had a bad answer",
        )
    words = sentence(
        f"{bad:,} of {n:,} users of the canary met a bad first answer ({percent(bad, n)}; at most "
        f"{100 * limit:g} % may): {shown} (log evidence {kept:.1f} and {not_worse:.1f} of {enough:.1f})"
    )
    return CheckResult(BAD_ANSWERS, outcome, None, share_of(bad, n), limit, n, against, words)


def check_sample(case: Case) -> CheckResult:
    """Ask for enough users of the canary."""
    n, limit = int(case.canary.users.sum()), case.params.min_users
    outcome = CheckOutcome.KEPT if n >= limit else CheckOutcome.OPEN
    words = sentence(f"{n:,} users of the canary were seen (at least {limit:,} are needed)")
    return CheckResult(SAMPLE, outcome, float(case.stable.users.sum()), float(n), limit, n, None, words)


def _check_harm(case: Case, name: str, met: str, harmed: str, evidence: Floats, part: float) -> CheckResult:
    """Decide whether the canary is shown to do this to more of its users than stable does."""
    hit, other_hit = (int(getattr(track, harmed).sum()) for track in (case.canary, case.stable))
    n_canary, n_stable = int(case.canary.users.sum()), int(case.stable.users.sum())
    share, other = share_of(hit, n_canary), share_of(other_hit, n_stable)
    against, limit = largest(evidence), case.params.tolerated_ratio
    enough = abort_limit(case.params, part)
    if share is None or other is None:
        outcome, shown = CheckOutcome.NOT_COMPUTABLE, "a track without users cannot be compared"
    elif against >= enough:
        outcome, shown = CheckOutcome.BROKEN, f"shown to exceed {limit:g} times stable's share"
    else:
        outcome, shown = CheckOutcome.KEPT, f"not shown to exceed {limit:g} times stable's share"
    ratio = f", {share / other:.2f} times as many" if share is not None and other else ""
    words = sentence(
        f"{portion(hit, n_canary)} users of the canary {met}, on stable "
        f"{portion(other_hit, n_stable)}{ratio}: {shown} "
        f"(log evidence {against:.1f} of {enough:.1f})"
    )
    return CheckResult(name, outcome, other, share, limit, n_canary, against, words)
