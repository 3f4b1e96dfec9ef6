"""What the users of both tracks met, as evidence: one release of many ticks, or many releases at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from auto_deployment.release.judge.sequential import (
    Counts,
    Floats,
    canary_share,
    log_evidence_of_harm,
    log_evidence_of_share,
)
from auto_deployment.release.judge.ticks import CANARY, STABLE, Tick, TrackCounts
from auto_deployment.release.params import JudgeParams

TESTS = 3  # that may abort at any tick; they share alpha


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts of one track by tick; the last axis is ticks."""

    users: Counts
    first_bad: Counts
    newly_bad: Counts
    newly_fallback: Counts

    @classmethod
    def of(cls, counts: Sequence[TrackCounts]) -> Self:
        """Turn one track's ticks into columns."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.array([getattr(one, name) for one in counts], np.int64) for name in names))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Logarithms of e-values after every tick: three against the candidate, one in its favour."""

    slo_broken: Floats
    slo_kept: Floats
    bad_harm: Floats
    fallback_harm: Floats


def abort_limit(params: JudgeParams) -> float:
    """Return the logarithm of the e-value from which on a test aborts."""
    return float(np.log(TESTS / params.alpha))


def kept_limit(params: JudgeParams) -> float:
    """Return the logarithm of the e-value from which on the SLO counts as kept."""
    return float(np.log(1 / params.beta))


def columns(ticks: Sequence[Tick]) -> tuple[Columns, Columns, Counts]:
    """Return the canary's columns, stable's, and 1 for each tick in which both tracks had an instance."""
    present = np.array([tick.tracks_present for tick in ticks], np.int64)
    return (
        Columns.of([one.of(CANARY) for one in ticks]),
        Columns.of([one.of(STABLE) for one in ticks]),
        present,
    )


def weigh(canary: Columns, stable: Columns, present: Counts, params: JudgeParams) -> Evidence:
    """Compute all sequential tests after every tick."""
    share = canary_share(canary.users, stable.users)

    def harm(of_canary: Counts, of_stable: Counts) -> Floats:
        counted = of_canary * present, of_stable * present
        return log_evidence_of_harm(*counted, share, params.tolerated_ratio, params.harm_ratios)

    def slo(ratios: Sequence[float]) -> Floats:
        return log_evidence_of_share(canary.first_bad, canary.users, params.slo_bad_share, ratios)

    return Evidence(
        slo_broken=slo(params.slo_broken_ratios),
        slo_kept=slo(params.slo_kept_ratios),
        bad_harm=harm(canary.newly_bad, stable.newly_bad),
        fallback_harm=harm(canary.newly_fallback, stable.newly_fallback),
    )
