"""What Spark's workers compute of one block. They get this file's code with each task.

So it names nothing else of ours: workers need Python, numpy and scipy, and no code of the same revision.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

TILE = 1024  # rows and columns of X'X that travel together
# A sum that is rounded to float32 hangs on the order of what is added; in double precision hardly ever.
Array = npt.NDArray[Any]
Place = tuple[int, int]
Piece = tuple[int, csr_matrix]


class Block(NamedTuple):
    """Rows `start` and following of a sparse matrix, compressed by rows."""

    number: int
    start: int
    indptr: Array
    indices: Array
    data: Array

    @property
    def rows(self) -> int:
        return len(self.indptr) - 1


def tiles_of(block: Block, columns: Array, size: int) -> Iterator[tuple[Place, Piece]]:
    """Yield the block's share of the upper half of X'X by tiles; `columns` (M,) says which of `size` each is.

    Movies of which it says -1 are left out.
    """
    place = columns[block.indices]
    here = place >= 0
    indptr = np.concatenate([[0], np.cumsum(here)])[block.indptr]
    x = csr_matrix((block.data[here].astype(np.float64), place[here], indptr), (block.rows, size)).tocsc()
    for top in range(0, size, TILE):
        strip = (x[:, top : top + TILE].T @ x[:, top:]).tocsc()
        for left in range(top, size, TILE):
            piece = strip[:, left - top : left - top + TILE]
            if piece.nnz:
                yield (top, left), (block.number, piece.tocsr())


def added(pieces: Iterable[Piece]) -> npt.NDArray[np.float32]:
    """Add the blocks' shares of a tile, in the order of the blocks whichever came first."""
    _, first = (ordered := sorted(pieces, key=lambda one: one[0]))[0]
    total = np.zeros(first.shape)
    for _, piece in ordered:
        total += piece.toarray()
    return total.astype(np.float32)


def solved_rows(
    block: Block, others: npt.NDArray[np.float32], square: Array, regularization: float
) -> npt.NDArray[np.float32]:
    """Solve each row's factors for the others' Y (Hu, Koren & Volinsky, 2008, eq. 4); `square` is Y'Y.

    The block holds confidences; who has none gets zeros.
    """
    base = square + np.eye(others.shape[1]) * regularization
    found = np.zeros((block.rows, others.shape[1]), dtype=np.float32)
    for row, own, confidence in _rows(block, others):
        left = base + (own.T * (confidence - 1)) @ own
        found[row] = np.linalg.solve(left, own.T @ confidence)
    return found


def solved_ratings(
    block: Block, movies: npt.NDArray[np.float32], regularization: float
) -> npt.NDArray[np.float32]:
    """Solve each user's factors for what is left of his ratings, penalised by their number as Spark does."""
    width = np.eye(movies.shape[1]) * regularization
    found = np.zeros((block.rows, movies.shape[1]), dtype=np.float32)
    for row, own, rating in _rows(block, movies):
        found[row] = np.linalg.solve(own.T @ own + width * len(rating), own.T @ rating)
    return found


def user_biases(block: Block, movie_bias: Array, regularization: float) -> Array:
    """Return the best bias of each user beside those of the movies, shape (rows,)."""
    users = np.repeat(np.arange(block.rows), np.diff(block.indptr))
    left = np.bincount(users, block.data - movie_bias[block.indices], block.rows)
    biases: Array = left / (regularization + np.diff(block.indptr))
    return biases


def left_for_movies(block: Block, movie_bias: Array | None, regularization: float) -> Array:
    """Return for each movie the sum of what the users' biases leave of its ratings, shape (M,).

    Without biases of movies those of users are 0; `movie_bias` is then None, and the sum as long as need be.
    """
    if movie_bias is None:
        return np.bincount(block.indices, block.data)
    biases = np.repeat(user_biases(block, movie_bias, regularization), np.diff(block.indptr))
    return np.bincount(block.indices, block.data - biases, len(movie_bias))


def _rows(block: Block, movies: npt.NDArray[np.float32]) -> Iterator[tuple[int, Array, Array]]:
    for row in range(block.rows):
        here = slice(block.indptr[row], block.indptr[row + 1])
        if here.stop > here.start:
            yield row, movies[block.indices[here]].astype(np.float64), block.data[here].astype(np.float64)
