"""How much popularity is mixed into the lists of users with few events."""

from collections.abc import Sequence

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int32Array
from auto_deployment.training.train.choose.choice import EVENTS_FROM

ALONE = float("inf")
REGULAR_ENOUGH = 50


def falling_weights(
    gains: Float64Array, groups: Int32Array, levels: Sequence[float], sure: float = 1.0
) -> list[float]:
    """Choose a level for each group of `EVENTS_FROM` so that all cases together are served best.

    `gains` (levels, n) is what each of the rising levels gains in each case's NDCG over what a level has to
    be better than by `sure` standard errors; `groups` (n,) is the case's group. What is chosen never rises
    with the number of events, so that groups with few cases lean on their neighbours.
    """
    count = len(EVENTS_FROM)
    sums = np.stack([_surely_gained(gains[:, groups == group], sure) for group in range(count)], axis=1)
    # best[level]: of the groups from here on, if this one has the level or a lower one
    best = np.zeros(len(levels))
    chosen = np.zeros((count, len(levels)), dtype=np.intp)
    for group in reversed(range(count)):
        reached = sums[:, group] + best
        for at in range(len(levels)):
            chosen[group, at] = int(np.argmax(reached[: at + 1]))
        best = reached[chosen[group]]
    found, at = [], len(levels) - 1
    for group in range(count):
        at = int(chosen[group, at])
        found.append(levels[at])
    return found


def speaks(groups: Int32Array, is_newcomer: BoolArray) -> BoolArray:
    """Tell which cases choose: newcomers only for groups that have hardly anybody else.

    They are picked from those who stayed, and what they went on to like is long.
    """
    regular = np.bincount(groups[~is_newcomer], minlength=len(EVENTS_FROM))
    return np.asarray(~is_newcomer | (regular[groups] < REGULAR_ENOUGH))


def _surely_gained(gain: Float64Array, sure: float) -> Float64Array:
    """Return what each level gains in all cases of a group, less so many standard errors."""
    if not gain.shape[1]:
        return np.zeros(len(gain))
    surely: Float64Array = gain.sum(axis=1) - sure * gain.std(axis=1) * np.sqrt(gain.shape[1])
    return surely
