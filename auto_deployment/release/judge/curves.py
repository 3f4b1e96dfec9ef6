"""How each check came to its value: series over the ticks of evidence, for people. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from auto_deployment.release.judge.check_watched import WATCHED_AGAINST_STABLE
from auto_deployment.release.judge.checks import (
    BAD_AGAINST_STABLE,
    BAD_ANSWERS,
    MEAN_LATENCY,
    POPULAR_AGAINST_STABLE,
    SAMPLE,
    SLOW_AGAINST_STABLE,
)
from auto_deployment.release.judge.evidence import (
    BAD_PART,
    POPULAR_PART,
    SLOW_PART,
    WATCHED_PART,
    Evidence,
    abort_limit,
    columns,
    kept_limit,
    presence,
    weigh,
)
from auto_deployment.release.judge.sequential import Floats
from auto_deployment.release.judge.ticks import CANARY, STABLE, Tick, evidence
from auto_deployment.release.params import JudgeParams

LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Curve:
    """A check over time: what is drawn, and its series by name; NaN: nothing was known then."""

    what: str
    times: Sequence[datetime]
    series: Mapping[str, Floats]


def curves(ticks: Sequence[Tick], params: JudgeParams, most: int = 60) -> dict[str, Curve]:
    """Return a curve for each check, of at most so many points, the last tick among them."""
    baking = evidence(ticks)
    if not baking:
        return {}
    picked = np.unique(np.linspace(0, len(baking) - 1, min(most, len(baking))).round().astype(int))
    times = [baking[at].time for at in picked]

    def curve(what: str, limit: float, **series: Floats) -> Curve:
        lines = {name: one[picked] for name, one in series.items()}
        return Curve(what, times, {**lines, LIMIT: np.full(len(picked), limit)})

    canary, stable = columns(baking)
    found = weigh(canary, stable, presence(baking), params)
    return {
        MEAN_LATENCY: curve(
            "milliseconds, mean since the evidence began",
            params.mean_latency_max_ms,
            stable=_means(baking, STABLE),
            canary=_means(baking, CANARY),
        ),
        BAD_ANSWERS: curve(
            "log evidence for the canary: one of both has to reach the limit",
            kept_limit(params),
            **{"SLO kept": found.slo_kept, "not much worse than stable": found.not_much_worse},
        ),
        **{
            name: curve("log evidence against the canary", abort_limit(params, part), evidence=one)
            for name, part, one in _comparisons(found)
        },
        SAMPLE: curve(
            "since the evidence began",
            params.min_users,
            stable=np.cumsum(stable.users).astype(float),
            canary=np.cumsum(canary.users).astype(float),
        ),
    }


def _comparisons(found: Evidence) -> Sequence[tuple[str, float, Floats]]:
    """Return each comparison with stable, its part of alpha, and its evidence."""
    return (
        (BAD_AGAINST_STABLE, BAD_PART, found.bad_harm),
        (POPULAR_AGAINST_STABLE, POPULAR_PART, found.fallback_harm),
        (SLOW_AGAINST_STABLE, SLOW_PART, found.slow_harm),
        (WATCHED_AGAINST_STABLE, WATCHED_PART, found.watched_harm),
    )


def _means(baking: Sequence[Tick], track: str) -> Floats:
    means = [tick.mean_ms(track) for tick in baking]
    return np.array([np.nan if one is None else one for one in means])
