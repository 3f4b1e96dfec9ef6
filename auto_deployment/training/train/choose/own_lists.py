"""From how many events on somebody whom the model does not know gets a list of his own, and of what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from auto_deployment.dataset.arrays import Float64Array, Int32Array
from auto_deployment.training.train.choose.choice import EVENTS_FROM, NEVER, Choice, group_of
from auto_deployment.training.train.choose.fold import LAST_EVENTS
from auto_deployment.training.train.choose.popular import falling_weights
from auto_deployment.training.train.choose.shortlist import FACTORS, POPULAR, Shortlists, items_with

LEAST_ARRIVALS = 30  # with so many events; fewer say nothing
SURE = 1.96  # standard errors: the lower end of an interval of 95 %

Gains = Mapping[int, Float64Array]
Arrivals = tuple[Shortlists, Int32Array]  # and with how many events each is met


def with_own_lists(
    choice: Choice, arrivals: Sequence[Arrivals], levels: Sequence[float]
) -> tuple[Choice, list[dict[str, Any]]]:
    """Return the choice with what is best for arrivals, and what that gained.

    `levels` are the rising weights of popularity that are tried. A level has to be better than popularity
    alone by an interval, so that in doubt a list is nearer to it. Where none is, popularity stays.
    """
    gains, events = _gains_of_levels(choice, arrivals, levels)
    speaks = np.isin(events, [last for last in LAST_EVENTS if (events == last).sum() >= LEAST_ARRIVALS])
    chosen = dict(
        zip(
            EVENTS_FROM,
            falling_weights(gains[:, speaks], group_of(events[speaks]), levels, SURE),
            strict=True,
        )
    )
    weights = {last: chosen[last] for last in LAST_EVENTS if (events[speaks] == last).any()}
    found = {
        last: gains[levels.index(chosen[last]), events == last] if last in weights else np.zeros(0)
        for last in LAST_EVENTS
    }
    first = (first_sure_gain(found) or NEVER) if weights else None
    chosen_one = replace(choice, own_list_events=first, own_popular_weights=tuple(weights.items()))
    return chosen_one, _describe(found, weights)


def _gains_of_levels(
    choice: Choice, arrivals: Sequence[Arrivals], levels: Sequence[float]
) -> tuple[Float64Array, Int32Array]:
    """Return each arrival's gain over popularity by a list of his own, (levels, n), and events, (n,).

    The list is that of `OwnScores`: popularity where neither factors nor items say anything.
    """
    items = items_with(choice.half_life)
    parts = {FACTORS: choice.factor_weight, items: choice.item_weight}
    found = [np.zeros((len(levels), 0))]
    for lists, _ in arrivals:
        is_known = np.any(
            [lists.scores[name].any(axis=1) for name, weight in parts.items() if weight], axis=0
        )
        popular = lists.ndcg({POPULAR: 1.0})
        own = np.stack([lists.ndcg({**parts, POPULAR: level}) for level in levels])
        found.append(np.where(is_known, own - popular, 0.0))
    events = [np.zeros(0, dtype=np.int32), *(each for _, each in arrivals)]
    return np.concatenate(found, axis=1), np.concatenate(events)


def first_sure_gain(gains: Gains) -> int | None:
    """Return the smallest number of events from which on every one surely gains; None where none does.

    Numbers of events that too few arrivals had say nothing, and stop nothing.
    """
    found = None
    for events in sorted(gains, reverse=True):
        gain = gains[events]
        if len(gain) < LEAST_ARRIVALS:
            continue
        if gain.mean() - SURE * gain.std() / np.sqrt(len(gain)) <= 0:
            break
        found = events
    return found


def _describe(gains: Gains, weights: Mapping[int, float]) -> list[dict[str, Any]]:
    """Return what was found, as JSON."""
    return [
        {
            "events": events,
            "users": len(gain),
            "popularity": weights.get(events),
            "gain": round(float(gain.mean()), 6) if len(gain) else None,
        }
        for events, gain in gains.items()
    ]
