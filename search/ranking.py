"""The best of many scores, found by looking at few of them."""

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


def best_places(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Return where the highest scores are, highest first, and of equal ones the first first."""
    places = (
        np.flatnonzero(scores >= floor_of(scores, count)) if len(scores) > count else np.arange(len(scores))
    )
    return places[np.argsort(-scores[places], kind="stable")[:count]]


def floor_of(scores: Scores, count: int) -> float:
    """Return what at least `count` of the scores reach, and not many more; there must be so many.

    So many blocks have a highest score that is at least as high: to look at the highest ones is enough.
    """
    blocks = 4 * count
    if len(scores) >= 4 * blocks:
        size = len(scores) // blocks
        scores = scores[: size * blocks].reshape(blocks, size).max(axis=1)
    return float(np.partition(scores, len(scores) - count)[len(scores) - count])
