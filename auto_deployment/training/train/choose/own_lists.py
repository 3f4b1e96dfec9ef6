"""From how many events on somebody whom the model does not know gets a list of his own."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int32Array
from auto_deployment.training.train.choose.choice import Choice
from auto_deployment.training.train.choose.fold import FIRST_EVENTS
from auto_deployment.training.train.choose.shortlist import POPULAR, Shortlists, items_with

LEAST_NEWCOMERS = 30  # with so many events; fewer say nothing
SURE = 1.96  # standard errors: the lower end of an interval of 95 %

Gains = Mapping[int, Float64Array]


def gains_of_own_lists(
    lists: Shortlists, choice: Choice, events: Int32Array, is_newcomer: BoolArray
) -> Gains:
    """Return by number of events what each newcomer's NDCG gains over popularity by a list of his own.

    The list is that of `ItemPart.own_scores`: items and popularity, popularity where no item says anything.
    """
    items = items_with(choice.half_life)
    own = lists.ndcg({items: 1.0, POPULAR: choice.popular_of(events)})
    gain = np.where(lists.scores[items].any(axis=1), own - lists.ndcg({POPULAR: 1.0}), 0.0)
    return {first: gain[is_newcomer & (events == first)] for first in FIRST_EVENTS}


def first_sure_gain(gains: Gains) -> int | None:
    """Return the smallest number of events from which on every one surely gains; None where none does.

    Numbers of events that too few newcomers had say nothing, and stop nothing.
    """
    found = None
    for events in sorted(gains, reverse=True):
        gain = gains[events]
        if len(gain) < LEAST_NEWCOMERS:
            continue
        if gain.mean() - SURE * gain.std() / np.sqrt(len(gain)) <= 0:
            break
        found = events
    return found


def describe_gains(gains: Gains) -> list[dict[str, Any]]:
    """Return what was found, as JSON."""
    return [
        {"events": events, "users": len(gain), "gain": round(float(gain.mean()), 6) if len(gain) else None}
        for events, gain in gains.items()
    ]
