"""The verdict on a candidate: a pure function of the ticks recorded so far and the parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from auto_deployment.host.durations import duration
from auto_deployment.release.judge.checks import Case, check_all
from auto_deployment.release.judge.evidence import below_slo, columns
from auto_deployment.release.judge.groups import check_groups
from auto_deployment.release.judge.judgement import (
    CheckOutcome,
    CheckResult,
    GroupResult,
    Judgement,
    ReleaseVerdict,
)
from auto_deployment.release.judge.ticks import Tick, evidence
from auto_deployment.release.params import JudgeParams

__all__ = ["CheckOutcome", "CheckResult", "Judgement", "ReleaseVerdict", "judge"]


def judge(ticks: Sequence[Tick], params: JudgeParams) -> Judgement:
    """Judge a release by all of its ticks, oldest first; called at every tick.

    Missing data never promotes and by itself never aborts, except where it lasts longer than its limit.
    """
    baking = evidence(ticks)
    if not baking:
        return _judgement(Known(baking, params), ())
    canary, stable = columns(baking)
    below = below_slo(canary, stable, np.array([tick.duration_s for tick in baking]), params)
    known = Known(baking, params, below.tolist())
    decided = known.window_s >= params.window_s or known.passed_s >= params.max_window_s
    checks = check_all(Case(baking, canary, stable, params, decided))
    return _judgement(known, checks, check_groups(baking, params))


@dataclass(frozen=True, slots=True)
class Known:
    """Ticks of evidence, and of each whether both tracks were below the SLO."""

    baking: Sequence[Tick]
    params: JudgeParams
    below: Sequence[bool] = ()

    @property
    def window_s(self) -> float:
        """Return what counts: time in which metrics were there and the service was not below its SLO."""
        pairs = zip(self.baking, self.below, strict=True)
        return sum(tick.duration_s for tick, below in pairs if tick.metrics_available and not below)

    @property
    def passed_s(self) -> float:
        return sum(tick.duration_s for tick in self.baking)

    @property
    def unavailable_s(self) -> float:
        """Return for how long metrics have been unavailable without a break up to now."""
        return _trailing_s(self.baking, [not tick.metrics_available for tick in self.baking])

    @property
    def is_below(self) -> bool:
        return bool(self.below) and self.below[-1]

    @property
    def below_slo_s(self) -> float:
        """Return for how long both tracks have been below the SLO without a break up to now."""
        return _trailing_s(self.baking, self.below)


def _judgement(
    known: Known, checks: tuple[CheckResult, ...], groups: tuple[GroupResult, ...] = ()
) -> Judgement:
    verdict, reason = _decide(known, checks)
    if verdict is ReleaseVerdict.PROMOTE and any(group.held for group in groups):
        reason += f" A person has to look. {' '.join(group.sentence for group in groups if group.held)}"
    window_s = known.window_s
    left_s = max(known.params.window_s - window_s, 0.0)
    return Judgement(verdict, reason, checks, window_s, left_s, known.below_slo_s, groups)


def _decide(known: Known, checks: Sequence[CheckResult]) -> tuple[ReleaseVerdict, str]:
    params, window_s = known.params, known.window_s
    if broken := [check for check in checks if check.outcome is CheckOutcome.BROKEN]:
        return ReleaseVerdict.ABORT, _sentences(broken)
    if known.baking and not known.baking[-1].metrics_available:
        return _without_metrics(known)
    settled = (CheckOutcome.KEPT, CheckOutcome.ABSENT)
    missing = [check for check in checks if check.outcome not in settled]
    over, below = window_s >= params.window_s, known.is_below
    if over and checks and not missing and not below:
        reason = f"The window of {duration(params.window_s)} is over. {_sentences(checks)}"
        return ReleaseVerdict.PROMOTE, reason
    if known.passed_s >= params.max_window_s:
        return ReleaseVerdict.INCONCLUSIVE, _inconclusive(known, missing)
    if below:
        waits = f"the window waits at {duration(window_s)} of {duration(params.window_s)}"
        return ReleaseVerdict.NOT_ENOUGH_EVIDENCE, f"{_blame(known, known.below_slo_s)}; {waits}."
    if over:
        reason = f"The window is over, not all is shown. {_sentences(missing)}"
        return ReleaseVerdict.NOT_ENOUGH_EVIDENCE, reason
    served = f"{duration(window_s)} of the window of {duration(params.window_s)} have passed"
    return ReleaseVerdict.NOT_ENOUGH_EVIDENCE, f"{served}, {len(known.baking):,} ticks."


def _without_metrics(known: Known) -> tuple[ReleaseVerdict, str]:
    unavailable_s, limit_s = known.unavailable_s, known.params.metrics_unavailable_max_s
    words = (
        f"Metrics have been unavailable for {duration(unavailable_s)} "
        f"(limit {duration(limit_s)}, {len(known.baking):,} ticks)"
    )
    if unavailable_s > limit_s:
        return ReleaseVerdict.ABORT, f"{words}."
    return ReleaseVerdict.METRICS_UNAVAILABLE, f"{words}; the window waits at {duration(known.window_s)}."


def _inconclusive(known: Known, missing: Sequence[CheckResult]) -> str:
    params = known.params
    what = f"Inconclusive after {duration(known.passed_s)} (limit {duration(params.max_window_s)})"
    counted = f"{duration(known.window_s)} of the window of {duration(params.window_s)} counted."
    pairs = zip(known.baking, known.below, strict=True)
    below_s = sum(tick.duration_s for tick, below in pairs if below)
    blame = [f"{_blame(known, below_s)}."] if below_s else []
    return " ".join([f"{what}: {counted}", *blame, *(check.sentence for check in missing)])


def _blame(known: Known, below_s: float) -> str:
    share = f"more than {100 * known.params.slo_bad_share:g} % of answers were bad on both tracks"
    return f"The service itself was below its SLO for {duration(below_s)}, not the candidate: {share}"


def _trailing_s(baking: Sequence[Tick], holds: Sequence[bool]) -> float:
    pairs = zip(reversed(baking), reversed(holds), strict=True)
    return sum(tick.duration_s for tick, _ in takewhile(lambda pair: pair[1], pairs))


def _sentences(checks: Sequence[CheckResult]) -> str:
    return " ".join(check.sentence for check in checks)
