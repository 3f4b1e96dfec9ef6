"""The verdict on a candidate: a pure function of the ticks recorded so far and the parameters."""

from collections.abc import Sequence
from itertools import takewhile

from auto_deployment.host.durations import duration
from auto_deployment.release.judge.checks import Case, check_all
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult, Judgement, ReleaseVerdict
from auto_deployment.release.judge.ticks import Tick, evidence
from auto_deployment.release.params import JudgeParams

__all__ = ["CheckOutcome", "CheckResult", "Judgement", "ReleaseVerdict", "judge"]


def judge(ticks: Sequence[Tick], params: JudgeParams) -> Judgement:
    """Judge a release by all of its ticks, oldest first; called at every tick.

    Missing data never promotes and by itself never aborts, except where it lasts longer than its limit.
    """
    baking = evidence(ticks)
    window_s = sum(tick.duration_s for tick in baking if tick.metrics_available)
    checks = check_all(Case(baking, params, window_s >= params.window_s)) if baking else ()
    verdict, reason = _decide(baking, window_s, checks, params)
    return Judgement(verdict, reason, checks, window_s, max(params.window_s - window_s, 0.0))


def _decide(
    baking: Sequence[Tick], window_s: float, checks: Sequence[CheckResult], params: JudgeParams
) -> tuple[ReleaseVerdict, str]:
    broken = [check for check in checks if check.outcome is CheckOutcome.BROKEN]
    unavailable_s = _unavailable_s(baking)
    missing = [check for check in checks if check.outcome is not CheckOutcome.KEPT]
    if broken:
        return ReleaseVerdict.ABORT, _sentences(broken)
    if baking and not baking[-1].metrics_available:
        words = (
            f"Metrics have been unavailable for {duration(unavailable_s)} "
            f"(limit {duration(params.metrics_unavailable_max_s)}, {len(baking):,} ticks)"
        )
        if unavailable_s > params.metrics_unavailable_max_s:
            return ReleaseVerdict.ABORT, f"{words}."
        return ReleaseVerdict.METRICS_UNAVAILABLE, f"{words}; the window waits at {duration(window_s)}."
    over = window_s >= params.window_s
    if over and checks and not missing:
        reason = f"The window of {duration(params.window_s)} is over. {_sentences(checks)}"
        return ReleaseVerdict.PROMOTE, reason
    passed_s = sum(tick.duration_s for tick in baking)
    if passed_s >= params.max_window_s:
        what = f"Inconclusive after {duration(passed_s)} (limit {duration(params.max_window_s)})"
        reason = f"{what}: {duration(window_s)} of the window of {duration(params.window_s)} counted."
        return ReleaseVerdict.ABORT, f"{reason} {_sentences(missing)}".rstrip()
    if over:
        reason = f"The window is over, not all is shown. {_sentences(missing)}"
        return ReleaseVerdict.NOT_ENOUGH_EVIDENCE, reason
    served = f"{duration(window_s)} of the window of {duration(params.window_s)} have passed"
    return ReleaseVerdict.NOT_ENOUGH_EVIDENCE, f"{served}, {len(baking):,} ticks."


def _unavailable_s(baking: Sequence[Tick]) -> float:
    """Return for how long metrics have been unavailable without a break up to now."""
    return sum(tick.duration_s for tick in takewhile(lambda tick: not tick.metrics_available, baking[::-1]))


def _sentences(checks: Sequence[CheckResult]) -> str:
    return " ".join(check.sentence for check in checks)
