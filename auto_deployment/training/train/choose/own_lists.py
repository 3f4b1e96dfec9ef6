"""From how many events on somebody whom the model does not know gets a list of his own."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from auto_deployment.dataset.arrays import Float64Array, Int32Array
from auto_deployment.training.train.choose.choice import Choice
from auto_deployment.training.train.choose.fold import LAST_EVENTS
from auto_deployment.training.train.choose.shortlist import POPULAR, Shortlists, items_with

LEAST_ARRIVALS = 30  # with so many events; fewer say nothing
SURE = 1.96  # standard errors: the lower end of an interval of 95 %

Gains = Mapping[int, Float64Array]
Arrivals = tuple[Shortlists, Int32Array]  # and with how many events each is met


def gains_of_own_lists(arrivals: Sequence[Arrivals], choice: Choice) -> Gains:
    """Return by number of events what each arrival's NDCG gains over popularity by a list of his own.

    The list is that of `ItemPart.own_scores`: items and popularity, popularity where no item says anything.
    """
    items = items_with(choice.half_life)
    found: dict[int, list[Float64Array]] = {last: [] for last in LAST_EVENTS}
    for lists, events in arrivals:
        own = lists.ndcg({items: 1.0, POPULAR: choice.popular_of(events)})
        gain = np.where(lists.scores[items].any(axis=1), own - lists.ndcg({POPULAR: 1.0}), 0.0)
        for last, gains in found.items():
            gains.append(gain[events == last])
    return {last: np.concatenate([np.zeros(0), *gains]) for last, gains in found.items()}


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


def describe_gains(gains: Gains) -> list[dict[str, Any]]:
    """Return what was found, as JSON."""
    return [
        {"events": events, "users": len(gain), "gain": round(float(gain.mean()), 6) if len(gain) else None}
        for events, gain in gains.items()
    ]
