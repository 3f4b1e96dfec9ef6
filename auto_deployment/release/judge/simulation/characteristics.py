"""The judge's operating characteristics: how often it aborts, how soon, and how often it promotes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from auto_deployment.errors import MarqueeError
from auto_deployment.release.judge.evidence import (
    BAD_PART,
    POPULAR_PART,
    SLOW_PART,
    WATCHED_PART,
    Columns,
    abort_limit,
    below_slo,
    kept_limit,
    weigh,
)
from auto_deployment.release.judge.intervals import wilson
from auto_deployment.release.judge.judge import ReleaseVerdict, judge
from auto_deployment.release.judge.sequential import Counts, canary_share, log_evidence_of_harm
from auto_deployment.release.judge.simulation.cases import Clock, Scenario, play
from auto_deployment.release.judge.simulation.users import Met
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, WARMING, Tick, TrackCounts
from auto_deployment.release.judge.watched import Watched, Watchers
from auto_deployment.release.params import JudgeParams

TICK_S = 60.0
BATCH = 250  # releases at once; 20 MB of counts for each track and a day
START = datetime(2026, 3, 1, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What became of the simulated releases of one case."""

    name: str
    to_blame: bool
    runs: int
    aborted: float  # and rejected for ever
    aborted_low: float  # Wilson's 95 % interval
    aborted_high: float
    minutes: tuple[float, float, float] | None  # 10 %, median and 90 % of aborted releases; None: too few
    promoted: float  # at the end of the window
    promoted_late: float  # until a release ends at the latest
    aborted_by_requests: float  # by the comparison with stable, if it counted requests instead of users


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One batch; the minute of an abort or a promotion is 0 where there was none."""

    abort_minute: Counts
    promote_minute: Counts
    aborted_by_requests: NDArray[np.bool_]


def characterise(
    scenario: Scenario, warming_s: float, params: JudgeParams, runs: int, seed: int, checked: int = 20
) -> Characteristic:
    """Simulate releases of one case; the first `checked` of them are put before `judge` tick by tick too."""
    clock = Clock(*(round(one / TICK_S) for one in (warming_s, params.window_s, params.max_window_s)))
    batches = list(_batches(scenario, clock, params, runs, seed, checked))
    minutes = np.concatenate([one.abort_minute for one in batches])
    promoted = np.concatenate([one.promote_minute for one in batches])
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
        promoted=float(((promoted > 0) & (promoted <= clock.window)).mean()),
        promoted_late=float((promoted > 0).mean()),
        aborted_by_requests=float(np.concatenate([one.aborted_by_requests for one in batches]).mean()),
    )


def outcomes(canary: Met, stable: Met, params: JudgeParams) -> Outcomes:
    """Judge a batch at every minute at once, by the evidence that the judge weighs."""
    minutes, window = canary.columns.users.shape[-1], round(params.window_s / TICK_S)
    evidence = weigh(canary.columns, stable.columns, np.ones(minutes, np.int64), params)
    alone = stable.columns.users.cumsum(axis=-1) == 0
    slo_broken = alone & (np.maximum.accumulate(evidence.slo_broken, axis=-1) >= abort_limit(params))
    broken = (
        slo_broken
        | (evidence.bad_harm >= abort_limit(params, BAD_PART))
        | (evidence.fallback_harm >= abort_limit(params, POPULAR_PART))
        | (evidence.slow_harm >= abort_limit(params, SLOW_PART))
        | (evidence.watched_harm >= abort_limit(params, WATCHED_PART))
    )
    below = below_slo(canary.columns, stable.columns, np.full(minutes, TICK_S), params)
    ready = (
        ~below
        & ~alone
        & ((~below).cumsum(axis=-1) >= window)
        & (canary.columns.users.cumsum(axis=-1) >= params.min_users)
        & (np.maximum(evidence.slo_kept, evidence.not_much_worse) >= kept_limit(params))
    )
    abort_minute, promote_minute = _first(broken), _first(ready)
    ends_badly = (abort_minute > 0) & ((promote_minute == 0) | (abort_minute <= promote_minute))
    by_requests = log_evidence_of_harm(
        canary.bad_requests[:, :window],
        stable.bad_requests[:, :window],
        canary_share(canary.columns.users, stable.columns.users)[:, :window],
        params.tolerated_ratio,
        params.harm_ratios,
    )
    return Outcomes(
        abort_minute=np.where(ends_badly, abort_minute, 0),
        promote_minute=np.where(ends_badly, 0, promote_minute),
        aborted_by_requests=by_requests.max(axis=-1) >= abort_limit(params),
    )


def recorded(canary: Columns, stable: Columns, run: int, warming: int) -> list[Tick]:
    """Return one simulated release as the ticks that a controller would have recorded."""
    minutes = range(canary.users.shape[-1])
    watchers = {CANARY: _watchers(canary, run, warming), STABLE: _watchers(stable, run, warming)}
    return [
        Tick(
            time=START + timedelta(seconds=TICK_S * (minute + 1)),
            duration_s=TICK_S,
            phase=WARMING if minute < warming else BAKING,
            counts={CANARY: _counts(canary, run, minute), STABLE: _counts(stable, run, minute)},
            mean_latency_ms={CANARY: 20.0, STABLE: 20.0},
            watched=Watched(tracks={track: one[minute] for track, one in watchers.items()}),
        )
        for minute in minutes
    ]


def _batches(
    scenario: Scenario, clock: Clock, params: JudgeParams, runs: int, seed: int, checked: int
) -> Iterator[Outcomes]:
    for start in range(0, runs, BATCH):
        random = np.random.default_rng([seed, start, *scenario.name.encode()])
        canary, stable = play(scenario, clock, min(BATCH, runs - start), random)
        warming = canary.columns.users.shape[-1] - clock.minutes
        judged = outcomes(canary.after(warming), stable.after(warming), params)
        for run in range(max(0, min(checked - start, BATCH, runs - start))):
            ticks = recorded(canary.columns, stable.columns, run, warming)
            ends = int(judged.abort_minute[run]), int(judged.promote_minute[run])
            _compare(ticks, warming, *ends, params)
        yield judged


def _compare(
    ticks: Sequence[Tick], warming: int, abort_minute: int, promote_minute: int, params: JudgeParams
) -> None:
    """Put one release before the judge itself; raise `MarqueeError` when it decides otherwise."""
    end = warming + (abort_minute or promote_minute) if abort_minute or promote_minute else len(ticks)
    ended = ReleaseVerdict.ABORT if abort_minute else ReleaseVerdict.PROMOTE
    expected = ended if abort_minute or promote_minute else ReleaseVerdict.INCONCLUSIVE
    before = judge(ticks[: end - 1], params).verdict
    if judge(ticks[:end], params).verdict is not expected or before is not ReleaseVerdict.NOT_ENOUGH_EVIDENCE:
        raise MarqueeError(
            "The simulation and the judge disagree: characteristics.py has to follow judge.py."
        )


def _first(holds: NDArray[np.bool_]) -> Counts:
    """Return the number of the first minute in which it holds, 0 where there is none."""
    first: Counts = np.where(holds.any(axis=-1), holds.argmax(axis=-1) + 1, 0)
    return first


def _spread(minutes: Counts) -> tuple[float, float, float]:
    low, median, high = (float(one) for one in np.quantile(minutes, (0.1, 0.5, 0.9)))
    return low, median, high


def _counts(columns: Columns, run: int, minute: int) -> TrackCounts:
    names = (name for name in Columns.__slots__ if name in TrackCounts.__slots__)
    return TrackCounts(**{name: int(getattr(columns, name)[run, minute]) for name in names})


def _watchers(columns: Columns, run: int, warming: int) -> list[Watchers]:
    """Return the totals since warming, as feedback counts them."""
    totals = (one[run, warming:].cumsum().tolist() for one in (columns.shown, columns.watched))
    return [*[Watchers()] * warming, *(Watchers(*both) for both in zip(*totals, strict=True))]
