"""How many replicas there are when load is low, and at which use of processor another one is started."""

import math
from dataclasses import dataclass

from auto_deployment.recipe.search.find import Recipe
from auto_deployment.recipe.search.verify import PEAK

# An instance at its limit uses 100 %, and within a tenth of its target an autoscaler does nothing.
TARGET_MAX_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Scaling:
    """Bounds, and the use of the requested processor, on average of all instances, that is held."""

    min_replicas: int
    max_replicas: int
    target_percent: int


def scaling(recipe: Recipe) -> Scaling | None:
    """Return what never asks more of an instance than it was seen to bear at the peaks; None where unknown.

    As many replicas as were verified are the most there are. The target is the processor that they used at
    the peaks: then each bears no more than it did there, at any load.
    """
    chosen, run = recipe.chosen.deployment, recipe.chosen.runs[-1]
    peaks = [one for one in run.steps if one.rate >= PEAK * recipe.wish.rate and one.cpu_used is not None]
    if not peaks:
        return None
    used = sum(one.cpu_used or 0.0 for one in peaks) / len(peaks)
    target = math.floor(100 * used / (chosen.replicas * chosen.size.cpu))
    lowest = min(one.rate for one in run.steps)
    least = max(1, math.ceil(chosen.replicas * lowest / recipe.wish.rate - 1e-9))
    return Scaling(least, chosen.replicas, max(1, min(TARGET_MAX_PERCENT, target)))
