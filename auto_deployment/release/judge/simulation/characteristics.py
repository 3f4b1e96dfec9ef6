"""The judge's operating characteristics: how often it aborts, how soon, and how often it promotes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge.evidence import Columns, abort_limit, kept_limit, weigh
from auto_deployment.release.judge.judge import ReleaseVerdict, judge
from auto_deployment.release.judge.sequential import Counts, canary_share, log_evidence_of_harm
from auto_deployment.release.judge.simulation.cases import Clock, Scenario, play
from auto_deployment.release.judge.simulation.users import Met
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, WARMING, Tick, TrackCounts
from auto_deployment.release.params import JudgeParams

TICK_S = 60.0
BATCH = 1000  # releases at once; 25 MB of counts for each track and twelve hours
START = datetime(2026, 3, 1, 6, tzinfo=UTC)
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What became of the simulated releases of one case."""

    name: str
    to_blame: bool
    runs: int
    aborted: float
    aborted_low: float  # Wilson's 95 % interval
    aborted_high: float
    minutes: tuple[float, float, float] | None  # 10 %, median and 90 % of aborted releases; None: too few
    promoted: float  # at the end of the window
    aborted_by_requests: float  # by the comparison with stable, if it counted requests instead of users


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One batch; the minute of an abort is 0 where there was none."""

    abort_minute: Counts
    promoted: NDArray[np.bool_]
    aborted_by_requests: NDArray[np.bool_]


def characterise(
    scenario: Scenario, warming_s: float, params: JudgeParams, runs: int, seed: int, checked: int = 20
) -> Characteristic:
    """Simulate releases of one case; the first `checked` of them are put before `judge` tick by tick too."""
    clock = Clock(round(warming_s / TICK_S), round(params.window_s / TICK_S))
    batches = list(_batches(scenario, clock, params, runs, seed, checked))
    minutes = np.concatenate([one.abort_minute for one in batches])
    aborted = minutes[minutes > 0]
    low, high = wilson(len(aborted), runs)
    return Characteristic(
        name=scenario.name,
        to_blame=scenario.to_blame,
        runs=runs,
        aborted=len(aborted) / runs,
        aborted_low=low,
        aborted_high=high,
        minutes=_spread(aborted) if len(aborted) >= runs / 2 else None,
        promoted=float(np.concatenate([one.promoted for one in batches]).mean()),
        aborted_by_requests=float(np.concatenate([one.aborted_by_requests for one in batches]).mean()),
    )


def wilson(hits: int, runs: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; it is of use at 0 of n as well."""
    share, z2 = hits / runs, Z_95**2
    middle = (share + z2 / (2 * runs)) / (1 + z2 / runs)
    half = Z_95 * math.sqrt(share * (1 - share) / runs + z2 / (4 * runs**2)) / (1 + z2 / runs)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def outcomes(canary: Met, stable: Met, params: JudgeParams) -> Outcomes:
    """Judge a batch at every minute of its window at once, by the evidence that the judge weighs."""
    minutes = canary.columns.users.shape[-1]
    evidence = weigh(canary.columns, stable.columns, np.ones(minutes, np.int64), params)
    against = np.maximum(np.maximum(evidence.slo_broken, evidence.bad_harm), evidence.fallback_harm)
    broken = against >= abort_limit(params)
    aborted = broken.any(axis=-1)
    enough = canary.columns.users.sum(axis=-1) >= params.min_users
    both = stable.columns.users.sum(axis=-1) > 0
    by_requests = log_evidence_of_harm(
        canary.bad_requests,
        stable.bad_requests,
        canary_share(canary.columns.users, stable.columns.users),
        params.tolerated_ratio,
        params.harm_ratios,
    )
    return Outcomes(
        abort_minute=np.where(aborted, broken.argmax(axis=-1) + 1, 0),
        promoted=~aborted & enough & both & (evidence.slo_kept[:, -1] >= kept_limit(params)),
        aborted_by_requests=by_requests.max(axis=-1) >= abort_limit(params),
    )


def recorded(canary: Columns, stable: Columns, run: int, warming: int) -> list[Tick]:
    """Return one simulated release as the ticks that a controller would have recorded."""
    return [
        Tick(
            time=START + timedelta(seconds=TICK_S * (minute + 1)),
            duration_s=TICK_S,
            phase=WARMING if minute < warming else BAKING,
            counts={CANARY: _counts(canary, run, minute), STABLE: _counts(stable, run, minute)},
            mean_latency_ms={CANARY: 20.0, STABLE: 20.0},
        )
        for minute in range(canary.users.shape[-1])
    ]


def _batches(
    scenario: Scenario, clock: Clock, params: JudgeParams, runs: int, seed: int, checked: int
) -> Iterator[Outcomes]:
    for start in range(0, runs, BATCH):
        random = np.random.default_rng([seed, start, *scenario.name.encode()])
        canary, stable = play(scenario, clock, min(BATCH, runs - start), random)
        warming = canary.columns.users.shape[-1] - clock.window
        judged = outcomes(canary.after(warming), stable.after(warming), params)
        for run in range(max(0, min(checked - start, BATCH, runs - start))):
            ticks = recorded(canary.columns, stable.columns, run, warming)
            _compare(ticks, warming, int(judged.abort_minute[run]), bool(judged.promoted[run]), params)
        yield judged


def _compare(
    ticks: Sequence[Tick], warming: int, abort_minute: int, promoted: bool, params: JudgeParams
) -> None:
    """Put one release before the judge itself; raise `MarqueeError` when it decides otherwise."""
    if abort_minute:
        end = warming + abort_minute
        agreed = (
            judge(ticks[:end], params).verdict is ReleaseVerdict.ABORT
            and judge(ticks[: end - 1], params).verdict is not ReleaseVerdict.ABORT
        )
    else:
        verdict = judge(ticks, params).verdict
        agreed = verdict is not ReleaseVerdict.ABORT and (verdict is ReleaseVerdict.PROMOTE) == promoted
    if not agreed:
        raise MarqueeError(
            "The simulation and the judge disagree: characteristics.py has to follow judge.py."
        )


def _spread(minutes: Counts) -> tuple[float, float, float]:
    low, median, high = (float(one) for one in np.quantile(minutes, (0.1, 0.5, 0.9)))
    return low, median, high


def _counts(columns: Columns, run: int, minute: int) -> TrackCounts:
    return TrackCounts(**{name: int(getattr(columns, name)[run, minute]) for name in Columns.__slots__})
