"""Comparisons with stable within one gender or age band: they stop a promotion until a person looks."""

from collections.abc import Iterator, Sequence

import numpy as np

from auto_deployment.release.judge.evidence import watched_harm
from auto_deployment.release.judge.intervals import wilson
from auto_deployment.release.judge.judgement import GroupResult
from auto_deployment.release.judge.sentences import largest, percent, sentence
from auto_deployment.release.judge.ticks import CANARY, STABLE, Tick
from auto_deployment.release.judge.watched import WatchedColumns, known, newly
from auto_deployment.release.params import JudgeParams

TOLERATED_RATIO = 1.0  # a person looks, nothing is rejected: small groups show little, so that less is enough


def check_groups(ticks: Sequence[Tick], params: JudgeParams) -> tuple[GroupResult, ...]:
    """Compare who watches something from their lists, for each group with users on both tracks.

    They share the chance that a harmless candidate is held because of any of them (Bonferroni).
    """
    compared = list(_compared(ticks))
    enough = float(np.log(max(len(compared), 1) / params.watched.hold_alpha))
    return tuple(_result(group, canary, stable, enough, params) for group, canary, stable in compared)


def _compared(ticks: Sequence[Tick]) -> Iterator[tuple[str, WatchedColumns, WatchedColumns]]:
    series = known([tick.watched for tick in ticks])
    for group in series[-1].groups:
        canary, stable = (newly(series, track, group) for track in (CANARY, STABLE))
        if canary.shown.any() and stable.shown.any():
            yield group, canary, stable


def _result(
    group: str, canary: WatchedColumns, stable: WatchedColumns, enough: float, params: JudgeParams
) -> GroupResult:
    against = largest(watched_harm(canary, stable, TOLERATED_RATIO, params))
    hits, users = (int(one.sum()) for one in (canary.watched, canary.shown))
    other_hits, other_users = (int(one.sum()) for one in (stable.watched, stable.shown))
    held = against >= enough
    shown = "shown to be" if held else "not shown to be"
    text = sentence(
        f"of {group}, {_portion(hits, users)} users of the canary watched something from their lists, on "
        f"stable {_portion(other_hits, other_users)}: {shown} a smaller share "
        f"(log evidence {against:.1f} of {enough:.1f})"
    )
    return GroupResult(
        group, other_hits / other_users, hits / users, 1 / TOLERATED_RATIO, users, against, held, text
    )


def _portion(part: int, whole: int) -> str:
    low, high = wilson(part, whole)
    return f"{part:,} of {whole:,} ({percent(part, whole)}, {100 * low:.2f} to {100 * high:.2f} %)"
