"""Check 7: whether fewer users watch something from the canary's lists than from stable's."""

from collections.abc import Sequence

from auto_deployment.release.judge.evidence import WATCHED_PART, Columns, abort_limit
from auto_deployment.release.judge.judgement import CheckOutcome, CheckResult
from auto_deployment.release.judge.sentences import largest, portion, sentence, share_of
from auto_deployment.release.judge.sequential import Floats
from auto_deployment.release.judge.ticks import Tick
from auto_deployment.release.judge.watched import Watched
from auto_deployment.release.params import JudgeParams

WATCHED_AGAINST_STABLE = "watched-against-stable"
NOBODY = "feedback knows of no user of {track} who was shown a list"


def check_watched(
    ticks: Sequence[Tick], canary: Columns, stable: Columns, evidence: Floats, params: JudgeParams
) -> list[CheckResult]:
    """Return the check where somebody looks for it.

    What cannot be compared is absent: it keeps and breaks nothing, and promotion does not wait for it.
    """
    said = [tick.watched for tick in ticks if tick.watched is not None]
    if not said:
        return []
    n_canary, n_stable = int(canary.shown.sum()), int(stable.shown.sum())
    hit, other_hit = int(canary.watched.sum()), int(stable.watched.sum())
    share, other = share_of(hit, n_canary), share_of(other_hit, n_stable)
    limit = 1 / params.watched.tolerated_ratio
    against, enough = largest(evidence), abort_limit(params, WATCHED_PART)
    words = (
        f"{portion(hit, n_canary)} users of the canary watched something from their lists, on stable "
        f"{portion(other_hit, n_stable)}{_ratio(share, other)}"
    )
    why = _why_absent(said, n_canary, n_stable)
    if against >= enough:
        outcome, shown = CheckOutcome.BROKEN, f"shown to be less than {limit:.2f} times stable's share"
    elif why:
        outcome, shown = CheckOutcome.ABSENT, f"not compared now, {why}"
    else:
        outcome, shown = CheckOutcome.KEPT, f"not shown to be less than {limit:.2f} times stable's share"
    numbers = f" (log evidence {against:.1f} of {enough:.1f}{_until(said)})"
    text = sentence(f"{words}: {shown}{numbers}" if n_canary and n_stable else f"lists watched are {shown}")
    return [CheckResult(WATCHED_AGAINST_STABLE, outcome, other, share, limit, n_canary, against, text)]


def _ratio(share: float | None, other: float | None) -> str:
    return f", {share / other:.2f} times as many" if share is not None and other else ""


def _why_absent(said: Sequence[Watched], n_canary: int, n_stable: int) -> str:
    if said[-1].absent:
        return said[-1].absent
    missing = [track for track, n in (("the canary", n_canary), ("stable", n_stable)) if not n]
    return NOBODY.format(track=missing[0]) if missing else ""


def _until(said: Sequence[Watched]) -> str:
    until = next((one.until for one in reversed(said) if one.until is not None), None)
    return f", by what was told until {until:%Y-%m-%d %H:%M} UTC" if until else ""
