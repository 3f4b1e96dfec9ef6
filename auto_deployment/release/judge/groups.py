"""Comparisons with stable within one gender or age band: they stop a promotion until a person looks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from auto_deployment.release.judge.check_watched import WATCHED_AGAINST_STABLE
from auto_deployment.release.judge.checks import BAD_AGAINST_STABLE
from auto_deployment.release.judge.evidence import presence, watched_harm
from auto_deployment.release.judge.intervals import wilson
from auto_deployment.release.judge.judgement import GroupResult
from auto_deployment.release.judge.sentences import largest, percent, sentence
from auto_deployment.release.judge.sequential import Counts, Floats, canary_share, log_evidence_of_harm
from auto_deployment.release.judge.ticks import CANARY, STABLE, GroupCounts, Tick
from auto_deployment.release.judge.watched import known, newly
from auto_deployment.release.params import JudgeParams

# Of lists watched: a person looks, nothing is rejected. Small groups show little, so that any less is enough.
TOLERATED_RATIO = 1.0


@dataclass(frozen=True, slots=True)
class _Compared:
    """One group's users by tick on both tracks, those whom it befell, and how much speaks for harm."""

    check: str
    group: str
    users: tuple[Counts, Counts]  # of the canary, of stable
    hit: tuple[Counts, Counts]
    evidence: Floats


def check_groups(ticks: Sequence[Tick], params: JudgeParams) -> tuple[GroupResult, ...]:
    """Compare bad answers and lists watched, for each group with users on both tracks.

    They share the chance that a harmless candidate is held because of any of them (Bonferroni).
    """
    compared = [
        one
        for found in (_bad(ticks, params), _watched(ticks, params))
        for one in found
        if all(users.any() for users in one.users)
    ]
    enough = float(np.log(max(len(compared), 1) / params.watched.hold_alpha))
    return tuple(_result(one, enough, params) for one in compared)


def _bad(ticks: Sequence[Tick], params: JudgeParams) -> Iterator[_Compared]:
    present = presence(ticks)
    for group in sorted({name for tick in ticks for name in tick.groups}):
        users, hit = zip(*(_counts(ticks, group, track) for track in (CANARY, STABLE)), strict=True)
        of_canary, of_stable = (one * present for one in hit)
        null, ratios = params.tolerated_ratio, params.harm_ratios
        evidence = log_evidence_of_harm(of_canary, of_stable, canary_share(*users), null, ratios)
        yield _Compared(BAD_AGAINST_STABLE, group, users, hit, evidence)


def _counts(ticks: Sequence[Tick], group: str, track: str) -> tuple[Counts, Counts]:
    nothing = GroupCounts()
    counts = [tick.groups.get(group, {}).get(track, nothing) for tick in ticks]
    users, bad = zip(*((one.users, one.newly_bad) for one in counts), strict=True)
    return np.array(users, np.int64), np.array(bad, np.int64)


def _watched(ticks: Sequence[Tick], params: JudgeParams) -> Iterator[_Compared]:
    series = known([tick.watched for tick in ticks])
    for group in series[-1].groups:
        canary, stable = (newly(series, track, group) for track in (CANARY, STABLE))
        evidence = watched_harm(canary, stable, TOLERATED_RATIO, params)
        shown, hit = (canary.shown, stable.shown), (canary.watched, stable.watched)
        yield _Compared(WATCHED_AGAINST_STABLE, group, shown, hit, evidence)


def _result(one: _Compared, enough: float, params: JudgeParams) -> GroupResult:
    against = largest(one.evidence)
    (users, other_users), (hits, other_hits) = (
        [int(counts.sum()) for counts in both] for both in (one.users, one.hit)
    )
    held = against >= enough
    if one.check == BAD_AGAINST_STABLE:
        limit, met = params.tolerated_ratio, "had a bad answer"
        harm = f"exceed {limit:g} times stable's share"
    else:
        limit, met = 1 / TOLERATED_RATIO, "watched something from their lists"
        harm = "be a smaller share"
    text = sentence(
        f"of {one.group}, {_portion(hits, users)} users of the canary {met}, on stable "
        f"{_portion(other_hits, other_users)}: {'' if held else 'not '}shown to {harm} "
        f"(log evidence {against:.1f} of {enough:.1f})"
    )
    share, other = hits / users, other_hits / other_users
    return GroupResult(one.check, one.group, other, share, limit, users, against, held, text)


def _portion(part: int, whole: int) -> str:
    low, high = wilson(min(part, whole), whole)
    return f"{part:,} of {whole:,} ({percent(part, whole)}, {100 * low:.2f} to {100 * high:.2f} %)"
