"""Ticks of a release as tests need them: good ones, and what may befall them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from auto_deployment.params import load_params
from auto_deployment.release.judge.ticks import BAKING, CANARY, STABLE, Tick, TrackCounts
from auto_deployment.release.params import JudgeParams
from tests.support.project import PROJECT

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
SHIPPED = load_params(PROJECT / "params.yaml").release


def short(**changes: object) -> JudgeParams:
    """Return the shipped parameters for a window of ten ticks of a minute."""
    return replace(SHIPPED.judge, **{"window_s": 600.0, "max_window_s": 1200.0, **changes})  # type: ignore[arg-type]


def counts(
    users: int, bad: int = 0, fallback: int = 0, first_bad: int | None = None, slow: int = 0
) -> TrackCounts:
    """Return a track's counts, each user with one request."""
    return TrackCounts(
        users=users,
        first_bad=bad if first_bad is None else first_bad,
        newly_bad=bad,
        newly_fallback=fallback,
        requests=users,
        attempts=users,
        bad_attempts=bad,
        newly_slow=slow,
    )


def tick(canary: TrackCounts | None = None, stable: TrackCounts | None = None, **changes: object) -> Tick:
    """Return a minute in which all went well, or what is said otherwise."""
    good = Tick(
        time=START,
        duration_s=60.0,
        phase=BAKING,
        counts={CANARY: canary or counts(60), STABLE: stable or counts(240)},
        mean_latency_ms={CANARY: 20.0, STABLE: 20.0},
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def in_order(ticks: Sequence[Tick]) -> list[Tick]:
    """Give each tick the time at which the one before it ended."""
    now, placed = START, []
    for one in ticks:
        now += timedelta(seconds=one.duration_s)
        placed.append(replace(one, time=now))
    return placed


def good(number: int = 10) -> list[Tick]:
    """Return so many good minutes."""
    return in_order([tick()] * number)
