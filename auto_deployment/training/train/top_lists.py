"""The best movies of many users at once, the users' own movies left out."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from auto_deployment.dataset.arrays import Float32Array, IndexArray, Int32Array, Int64Array
from auto_deployment.training.train.cores import cores

BLOCK_USERS = 256
MOST_THREADS = 8  # each holds a block's scores, some 300 MB for 87,000 movies


def blocks(rows: IndexArray) -> Iterator[tuple[slice, IndexArray]]:
    """Yield the rows some at a time, with their place; bounds the memory of a block's scores."""
    for start in range(0, len(rows), BLOCK_USERS):
        place = slice(start, start + BLOCK_USERS)
        yield place, rows[place]


def for_each_block(rows: IndexArray, work: Callable[[slice, IndexArray], None], what: str = "lists") -> None:
    """Do the work for each block, on all cores; what it writes has to have a place of its own for each block.

    BLAS has one thread in each: how a sum is rounded depends on their number, so lists are the same on any
    number of cores, and for products this small threads of BLAS mostly wait for each other.
    """
    parts = list(blocks(rows))
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(min(cores(), MOST_THREADS)) as pool:
        for _ in tqdm(pool.map(lambda part: work(*part), parts), what, len(parts), disable=None):
            pass


def hide_seen(scores: Float32Array, rows: IndexArray, indptr: Int64Array, items: Int32Array) -> None:
    """Set the scores (rows, M) of each user's training movies to -inf."""
    starts, sizes = indptr[rows], indptr[rows + 1] - indptr[rows]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    scores[np.repeat(np.arange(len(rows)), sizes), items[np.repeat(starts, sizes) + within]] = -np.inf


def best_rows(scores: Float32Array, n: int) -> Int32Array:
    """Return the n best columns of each row, best first, equal ones in their order; -1 for scores of -inf."""
    movies, n = scores.shape[1], min(n, scores.shape[1])
    # One whole number of score and place, in the order of floats: none occurs twice. Of scores that are equal
    # to many others, as those of items are, it took six times as long to find the best.
    bits = (scores + np.float32(0)).view(np.int32)  # 0 in place of -0
    keys = np.empty((*scores.shape, 2), dtype="<i4")
    keys[..., 0] = np.arange(movies)[::-1]
    np.bitwise_xor(bits, (bits >> 31) & np.int32(0x7FFFFFFF), out=keys[..., 1])
    ordered = keys.view("<i8")[..., 0]
    ordered.partition(movies - n, axis=1)
    best = np.sort(ordered[:, movies - n :], axis=1)[:, ::-1]
    top = movies - 1 - (best & 0xFFFFFFFF)
    found = np.take_along_axis(scores, top, axis=1) > -np.inf
    return np.where(found, top, -1).astype(np.int32)
