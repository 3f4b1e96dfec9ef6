"""How users were split between the tracks: what was seen under one split says nothing under another. Pure."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from auto_deployment.host.durations import duration
from auto_deployment.release.judge.ticks import Tick, evidence

Weights = Mapping[str, int]  # by instance, of those that get requests; empty: not known


def is_usual(weights: Weights, ticks: Sequence[Tick]) -> bool:
    """Tell whether users are split as they were when the evidence began."""
    usual = _usual(evidence(ticks))
    return not weights or not usual or weights == usual


def why_anew(ticks: Sequence[Tick], away_max_s: float) -> str:
    """Return why the evidence has to begin anew after the last tick, an empty text while it has not.

    An instance may be away for some time: it comes back, and users are where they were. Another weight, or
    an instance that was not there when the evidence began, has come to stay.
    """
    counted = evidence(ticks)
    usual = _usual(counted)
    now = counted[-1].weights if counted else {}
    if not now or now == usual:
        return ""
    if now.items() <= usual.items():
        others = takewhile(lambda tick: tick.weights and tick.weights != usual, reversed(counted))
        away_s = sum(tick.duration_s for tick in others)
        names = " and ".join(sorted(usual.keys() - now.keys()))
        return f"for {duration(away_s)} no user has been sent to {names}" if away_s > away_max_s else ""
    return f"NGINX's weights were {_said(usual)}, and are {_said(now)}"


def _usual(counted: Sequence[Tick]) -> Weights:
    return next((tick.weights for tick in counted if tick.weights), {})


def _said(weights: Weights) -> str:
    return ", ".join(f"{name} {weight}" for name, weight in sorted(weights.items()))
