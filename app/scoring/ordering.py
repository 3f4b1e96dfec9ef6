"""Choosing from what is ordered or scored."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


def first(order: npt.NDArray[np.int32], n: int, hidden: Collection[int]) -> list[int]:
    """Return the first n rows of an ordered list that are not hidden; -1 ends a list early."""
    rows = order[: n + len(hidden)].tolist()
    if hidden or (rows and rows[-1] < 0):
        rows = [row for row in rows if row >= 0 and row not in hidden]
    chosen: list[int] = rows[:n]
    return chosen


def best(scores: Scores, n: int) -> list[int]:
    """Return the rows of the n highest finite scores, best first; equal scores in the order of the rows."""
    if n < len(scores):
        # By value, not by argpartition: that would choose freely among rows of equal score.
        rows = np.flatnonzero(scores >= np.partition(scores, len(scores) - n)[len(scores) - n])
    else:
        rows = np.arange(len(scores))
    rows = rows[np.argsort(-scores[rows], kind="stable")][:n]
    return [row for row in rows.tolist() if scores[row] != -np.inf]
