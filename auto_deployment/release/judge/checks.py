"""The checks of docs/evidence.md, each a row of the verdict. They read ticks of `baking` only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auto_deployment.release.judge.evidence import Columns, Evidence, abort_limit, columns, kept_limit, weigh
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult
from auto_deployment.release.judge.sequential import Floats
from auto_deployment.release.judge.ticks import CANARY, STABLE, Tick
from auto_deployment.release.params import JudgeParams

MEAN_LATENCY = "mean-latency"
BAD_ANSWERS = "bad-answers"
BAD_AGAINST_STABLE = "bad-against-stable"
POPULAR_AGAINST_STABLE = "popular-against-stable"
SAMPLE = "sample"
CHECKS = (MEAN_LATENCY, BAD_ANSWERS, BAD_AGAINST_STABLE, POPULAR_AGAINST_STABLE, SAMPLE)


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks are about: ticks of evidence (one at least), the limits, whether the window is over."""

    ticks: Sequence[Tick]
    params: JudgeParams
    window_over: bool


def check_all(case: Case) -> tuple[CheckResult, ...]:
    """Return every check in the order of `CHECKS`."""
    canary, stable, present = columns(case.ticks)
    evidence = weigh(canary, stable, present, case.params)
    return (
        check_mean_latency(case),
        check_bad_answers(canary, evidence, case.params),
        _check_harm(
            BAD_AGAINST_STABLE,
            "had a bad answer",
            (canary, stable),
            lambda track: int(track.newly_bad.sum()),
            evidence.bad_harm,
            case.params,
        ),
        _check_harm(
            POPULAR_AGAINST_STABLE,
            "got the popularity list",
            (canary, stable),
            lambda track: int(track.newly_fallback.sum()),
            evidence.fallback_harm,
            case.params,
        ),
        check_sample(canary, stable, case.params),
    )


def check_mean_latency(case: Case) -> CheckResult:
    """Compare the canary's mean over the whole window, as of the last tick; stable's is only shown."""
    last, limit = case.ticks[-1], case.params.mean_latency_max_ms
    mean, n = last.mean_ms(CANARY), sum(tick.of(CANARY).requests for tick in case.ticks)
    if mean is None:
        outcome = CheckOutcome.NOT_COMPUTABLE
        words = "Prometheus has no successful recommendation of the canary"
    else:
        words = f"successful recommendations of the canary take {mean:.1f} ms on average"
        outcome = CheckOutcome.OPEN
        if case.window_over:
            outcome = CheckOutcome.KEPT if mean < limit else CheckOutcome.BROKEN
    until = "" if case.window_over else "; decided at the end of the window"
    sentence = _sentence(f"{words} (must be below {limit:g} ms, {n:,} requests{until})")
    return CheckResult(MEAN_LATENCY, outcome, last.mean_ms(STABLE), mean, limit, n, None, sentence)


def check_bad_answers(canary: Columns, evidence: Evidence, params: JudgeParams) -> CheckResult:
    """Decide whether the share of users whose first answer was bad is shown to be above the SLO, or below."""
    n, bad, limit = int(canary.users.sum()), int(canary.first_bad.sum()), params.slo_bad_share
    against, in_favour = _largest(evidence.slo_broken), float(evidence.slo_kept[-1])
    if n == 0:
        outcome, shown = CheckOutcome.NOT_COMPUTABLE, "no user of the canary was seen"
    elif against >= abort_limit(params):
        outcome, shown = CheckOutcome.BROKEN, "shown to be more"
    elif in_favour >= kept_limit(params):
        outcome, shown = CheckOutcome.KEPT, "shown to be at most that"
    else:
        outcome, shown = CheckOutcome.OPEN, "neither shown to be more nor at most that"
    sentence = _sentence(
        f"{bad:,} of {n:,} users of the canary met a bad first answer ({_percent(bad, n)}; "
        f"at most {100 * limit:g} % may): {shown} (log evidence {against:.1f} of "
        f"{abort_limit(params):.1f} against it, {in_favour:.1f} of {kept_limit(params):.1f} in its favour)"
    )
    return CheckResult(BAD_ANSWERS, outcome, None, _share(bad, n), limit, n, against, sentence)


def check_sample(canary: Columns, stable: Columns, params: JudgeParams) -> CheckResult:
    """Ask for enough users of the canary."""
    n, limit = int(canary.users.sum()), params.min_users
    outcome = CheckOutcome.KEPT if n >= limit else CheckOutcome.OPEN
    sentence = _sentence(f"{n:,} users of the canary were seen (at least {limit:,} are needed)")
    return CheckResult(SAMPLE, outcome, float(stable.users.sum()), float(n), limit, n, None, sentence)


def _check_harm(
    name: str,
    met: str,
    tracks: tuple[Columns, Columns],
    harmed: Callable[[Columns], int],
    evidence: Floats,
    params: JudgeParams,
) -> CheckResult:
    """Decide whether the canary is shown to do this to more of its users than stable does."""
    canary, stable = tracks
    n_canary, n_stable = int(canary.users.sum()), int(stable.users.sum())
    share, other = _share(harmed(canary), n_canary), _share(harmed(stable), n_stable)
    against, limit = _largest(evidence), params.tolerated_ratio
    if share is None or other is None:
        outcome, shown = CheckOutcome.NOT_COMPUTABLE, "a track without users cannot be compared"
    elif against >= abort_limit(params):
        outcome, shown = CheckOutcome.BROKEN, f"shown to exceed {limit:g} times stable's share"
    else:
        outcome, shown = CheckOutcome.KEPT, f"not shown to exceed {limit:g} times stable's share"
    ratio = f", {share / other:.2f} times as many" if share is not None and other else ""
    sentence = _sentence(
        f"{_portion(harmed(canary), n_canary)} users of the canary {met}, on stable "
        f"{_portion(harmed(stable), n_stable)}{ratio}: {shown} "
        f"(log evidence {against:.1f} of {abort_limit(params):.1f})"
    )
    return CheckResult(name, outcome, other, share, limit, n_canary, against, sentence)


def _largest(evidence: Floats) -> float:
    """Once evidence was enough it stays enough: the test promises something about its largest value."""
    return max(float(evidence.max()), 0.0)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "no share"


def _portion(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({_percent(part, whole)})"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
