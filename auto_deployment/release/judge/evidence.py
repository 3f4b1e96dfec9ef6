"""What the users of both tracks met, as evidence: one release of many ticks, or many releases at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from auto_deployment.release.judge.sequential import (
    Counts,
    Floats,
    canary_share,
    log_evidence_of_harm,
    log_evidence_of_share,
)
from auto_deployment.release.judge.ticks import CANARY, STABLE, Tick
from auto_deployment.release.judge.watched import WatchedColumns, known, newly
from auto_deployment.release.params import JudgeParams

# Of alpha, for each comparison with stable, that may abort at any tick; whether there is feedback or not.
BAD_PART, POPULAR_PART, SLOW_PART, WATCHED_PART = 2 / 5, 1 / 4, 3 / 20, 1 / 5


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts of one track by tick; the last axis is ticks."""

    users: Counts
    first_bad: Counts
    newly_bad: Counts
    newly_fallback: Counts
    newly_slow: Counts
    requests: Counts
    # The last two are those of `WatchedColumns`.
    shown: Counts  # users who were newly shown a list, as far as feedback knew
    watched: Counts  # users who newly watched something from a list

    @classmethod
    def of(cls, ticks: Sequence[Tick], track: str) -> Self:
        """Turn one track's ticks into columns."""
        counts = [tick.of(track) for tick in ticks]
        lists = newly(known([tick.watched for tick in ticks]), track)
        names = [field.name for field in fields(cls) if field.name not in lists.__slots__]
        columns = (np.array([getattr(one, name) or 0 for one in counts], np.int64) for name in names)
        return cls(*(*columns, lists.shown, lists.watched))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Logarithms of e-values after every tick: against the candidate but for two in its favour."""

    slo_broken: Floats
    slo_kept: Floats  # in favour
    not_much_worse: Floats  # in favour
    bad_harm: Floats
    fallback_harm: Floats
    slow_harm: Floats
    watched_harm: Floats


def abort_limit(params: JudgeParams, part: float = BAD_PART) -> float:
    """Return the logarithm of the e-value from which on a test with this part of alpha aborts.

    Of the SLO it is that of bad answers: it aborts only where these cannot be compared.
    """
    return float(np.log(1 / (part * params.alpha)))


def kept_limit(params: JudgeParams) -> float:
    """Return the logarithm of the e-value from which on what speaks for a candidate is shown."""
    return float(np.log(1 / params.beta))


def columns(ticks: Sequence[Tick]) -> tuple[Columns, Columns]:
    """Return the canary's columns, and stable's."""
    return Columns.of(ticks, CANARY), Columns.of(ticks, STABLE)


def presence(ticks: Sequence[Tick]) -> Counts:
    """Return 1 for each tick in which both tracks had an instance."""
    return np.array([tick.tracks_present for tick in ticks], np.int64)


def weigh(canary: Columns, stable: Columns, present: Counts, params: JudgeParams) -> Evidence:
    """Compute all sequential tests after every tick."""
    share = canary_share(canary.users, stable.users)

    def compared(of_canary: Counts, of_stable: Counts, null: float, ratios: Sequence[float]) -> Floats:
        return log_evidence_of_harm(of_canary * present, of_stable * present, share, null, ratios)

    def harm(of_canary: Counts, of_stable: Counts) -> Floats:
        return compared(of_canary, of_stable, params.tolerated_ratio, params.harm_ratios)

    def slo(ratios: Sequence[float]) -> Floats:
        return log_evidence_of_share(canary.first_bad, canary.users, params.slo_bad_share, ratios)

    return Evidence(
        slo_broken=slo(params.slo_broken_ratios),
        slo_kept=slo(params.slo_kept_ratios),
        not_much_worse=compared(
            canary.newly_bad,
            stable.newly_bad,
            params.excluded_ratio,
            [ratio / params.excluded_ratio for ratio in params.excluded_ratios],
        ),
        bad_harm=harm(canary.newly_bad, stable.newly_bad),
        fallback_harm=harm(canary.newly_fallback, stable.newly_fallback),
        slow_harm=harm(canary.newly_slow, stable.newly_slow),
        watched_harm=watched_harm(canary, stable, params.watched.tolerated_ratio, params),
    )


def watched_harm(
    canary: Columns | WatchedColumns,
    stable: Columns | WatchedColumns,
    tolerated_ratio: float,
    params: JudgeParams,
) -> Floats:
    """Test "stable's lists are watched by at most `tolerated_ratio` times as many of its users".

    Fewer is harm, so the tracks change places. What is told now happened before: whether a track had an
    instance at this tick says nothing of it.
    """
    return log_evidence_of_harm(
        stable.watched,
        canary.watched,
        canary_share(stable.shown, canary.shown),
        tolerated_ratio,
        params.watched.ratios,
    )


def below_slo(
    canary: Columns, stable: Columns, durations_s: Floats, params: JudgeParams
) -> NDArray[np.bool_]:
    """Tell of every tick whether both tracks were shown to be below the SLO in the time before it.

    Of the requests in that time a user's first bad one counts, and no other: users who always fail are each
    one bad answer among all. First answers alone would say nothing later, when few users are new.
    """
    end = np.cumsum(durations_s)
    begin = np.searchsorted(end, end - params.slo_span_s, side="right")
    shown = [
        log_evidence_of_share(
            track.newly_bad,
            np.maximum(track.requests, track.newly_bad),
            params.slo_bad_share,
            params.slo_broken_ratios,
            begin,
        )
        >= abort_limit(params)
        for track in (canary, stable)
    ]
    both: NDArray[np.bool_] = shown[0] & shown[1]
    return both
