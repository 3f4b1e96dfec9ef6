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
    some = _promising(scores, n)
    if some is None:
        return _best_of_all(scores, n)
    columns, of_columns = some
    best = _best_of_all(of_columns, n)
    return np.where(best >= 0, np.take_along_axis(columns, np.maximum(best, 0), axis=1), np.int32(-1))


def _promising(scores: Float32Array, n: int) -> tuple[Int32Array, Float32Array] | None:
    """Return columns that hold the n best ones, rising, and their scores; None where they are not much fewer.

    n of the largest scores of parts of a row are no larger than its n best: what is below them is out. So the
    best are found in a third of the time for lists of 10, in two thirds for lists of 100.
    """
    rows, movies = scores.shape
    parts = 2 * n + 32
    if not rows or movies < 4 * parts:
        return None
    size = movies // parts
    largest = scores[:, : size * parts].reshape(rows, size, parts).max(axis=1)
    largest.partition(parts - n, axis=1)
    is_left = scores >= largest[:, parts - n, np.newaxis]
    counts = np.count_nonzero(is_left, axis=1)
    width = int(counts.max(initial=0))
    if 4 * width > movies:  # equal scores, as those of items often are
        return None
    places = np.flatnonzero(is_left)
    row = np.repeat(np.arange(rows), counts)
    at = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    columns = np.zeros((rows, width), dtype=np.int32)
    of_columns = np.full((rows, width), -np.inf, dtype=np.float32)
    columns[row, at] = places - row * movies
    of_columns[row, at] = scores[is_left]
    return columns, of_columns


def _best_of_all(scores: Float32Array, n: int) -> Int32Array:
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
