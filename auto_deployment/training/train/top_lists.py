"""The best movies of many users at once, the users' own movies left out."""

from collections.abc import Iterator

import numpy as np

from auto_deployment.dataset.arrays import Float32Array, IndexArray, Int32Array, Int64Array

BLOCK_USERS = 256


def blocks(rows: IndexArray) -> Iterator[tuple[slice, IndexArray]]:
    """Yield the rows some at a time, with their place; bounds the memory of a block's scores."""
    for start in range(0, len(rows), BLOCK_USERS):
        place = slice(start, start + BLOCK_USERS)
        yield place, rows[place]


def hide_seen(scores: Float32Array, rows: IndexArray, indptr: Int64Array, items: Int32Array) -> None:
    """Set the scores (rows, M) of each user's training movies to -inf."""
    starts, sizes = indptr[rows], indptr[rows + 1] - indptr[rows]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    scores[np.repeat(np.arange(len(rows)), sizes), items[np.repeat(starts, sizes) + within]] = -np.inf


def best_rows(scores: Float32Array, n: int) -> Int32Array:
    """Return the n best columns of each row, best first, equal ones in their order; -1 for scores of -inf."""
    n = min(n, scores.shape[1])
    top = np.argpartition(scores, scores.shape[1] - n, axis=1)[:, scores.shape[1] - n :]
    top.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    top = np.take_along_axis(top, order, axis=1)
    found = np.take_along_axis(scores, top, axis=1) > -np.inf
    return np.where(found, top, -1).astype(np.int32)
