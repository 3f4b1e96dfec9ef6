"""What was chosen: how the parts of a score are weighted, by the number of a user's events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auto_deployment.dataset.arrays import Float32Array, Int32Array

# Groups of users by their number of training events, from so many on; the last one is open.
EVENTS_FROM = (1, 2, 3, 5, 10, 20, 50)
NEVER = 2**31 - 1  # nobody has so many events


@dataclass(frozen=True, slots=True)
class Choice:
    """The personal parts, factors and items, have weights that add up to 1.

    `half_life` is in events of the user, None where nothing fades. `popular_weights` are of the groups of
    `EVENTS_FROM`. Users with fewer than `min_events` events get popularity alone. Who is new since the
    training has a list of his own from `own_list_events` on (`NEVER`), with `own_popular_weights` by number
    of events; None and nothing where nothing could be said of that.
    """

    item_weight: float
    half_life: float | None
    popular_weights: tuple[float, ...]
    min_events: int
    own_list_events: int | None = None
    own_popular_weights: tuple[tuple[int, float], ...] = ()

    @property
    def factor_weight(self) -> float:
        return 1 - self.item_weight

    def popular_of(self, events: Int32Array) -> Float32Array:
        """Return the weight of popularity for users with so many events."""
        return np.asarray(self.popular_weights, dtype=np.float32)[group_of(events)]


def group_of(events: Int32Array) -> Int32Array:
    """Return the place of each user's group in `EVENTS_FROM`."""
    return np.digitize(events, EVENTS_FROM[1:]).astype(np.int32)


def share_of(item_weight: float) -> float:
    """Return the item part's share beside factors that count 1."""
    return item_weight / (1 + item_weight)


def describe_choice(choice: Choice) -> dict[str, Any]:
    """Return a choice as JSON."""
    return {
        "item_weight": choice.item_weight,
        "half_life": choice.half_life,
        "popular_weights": dict(zip(map(str, EVENTS_FROM), choice.popular_weights, strict=True)),
        "min_events": choice.min_events,
        "own_list_events": choice.own_list_events,
        "own_popular_weights": {str(events): weight for events, weight in choice.own_popular_weights},
    }


def read_choice(described: Mapping[str, Any]) -> Choice:
    """Return what `describe_choice` was given, also where an earlier version described it."""
    return Choice(
        described["item_weight"],
        described["half_life"],
        tuple(described["popular_weights"].values()),
        described["min_events"],
        described.get("own_list_events"),
        tuple((int(events), weight) for events, weight in described.get("own_popular_weights", {}).items()),
    )


def plain_choice(item_weight: float, min_events: int) -> Choice:
    """Return a choice without fading and without popularity."""
    return Choice(item_weight, None, (0.0,) * len(EVENTS_FROM), min_events)
