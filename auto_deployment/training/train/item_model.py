"""The item part: how much having liked one movie speaks for another one (EASE: Steck, 2019).

Minimises ||X - XB||^2 + lambda ||B||^2 with a zero diagonal; with P the inverse of X'X + lambda I that is
B[j, i] = -P[j, i] / P[i, i].
"""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix, vstack
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float32Array, IndexArray
from auto_deployment.training.params import ItemParams

BLOCK = 512
LEAST_USERS = 2  # who liked a movie; what one alone liked says nothing of others


def fit_items(
    likes: csr_matrix, singular_value: float, params: ItemParams, movies_max: int | None = None
) -> csr_matrix:
    """Return B (M, M): row j is what having liked movie j says about the others, the largest weights only.

    `likes` (U, M) are strengths, `singular_value` is theirs of rank `spectrum_rank`. On one thread, as the
    number of threads changes how sums are rounded. `movies_max` limits the movies further.
    """
    size = likes.shape[1]
    movies = most_liked(likes, min(params.movies, movies_max or params.movies))
    if len(movies) < 2:
        return nothing(size)
    with threadpool_limits(1, "blas"):
        return items_of(_gram(likes[:, movies].tocsc()), movies, size, singular_value, params)


def nothing(size: int) -> csr_matrix:
    """Return B where no movie says anything of another."""
    return csr_matrix((size, size), dtype=np.float32)


def items_of(
    gram: Float32Array, movies: IndexArray, size: int, singular_value: float, params: ItemParams
) -> csr_matrix:
    """Return B of X'X, whose place it takes: by far the largest array of a training, in Fortran's order.

    `gram` is of these movies, of `size` that there are.
    """
    regularization = max(singular_value**2, 1.0)
    inverse = _inverse(gram, np.float32(f"{regularization:.4g}"))
    kept = keep_largest(_weights(inverse), params.kept_per_movie * len(movies)).tocoo()
    shape = (size, size)
    return csr_matrix((kept.data, (movies[kept.row], movies[kept.col])), shape=shape, dtype=np.float32)


def keep_largest(blocks: Iterator[Float32Array], count: int) -> csr_matrix:
    """Stack blocks of rows, of all values only those that are among the `count` largest ones, or as large."""
    kept: list[csr_matrix] = []
    least = np.float32(0)
    for block in blocks:
        kept.append(csr_matrix(np.where(np.abs(block) < least, np.float32(0), block)))
        if sum(part.nnz for part in kept) > 2 * count:
            least, kept = _cut(kept, count)
    if sum(part.nnz for part in kept) > count:
        _, kept = _cut(kept, count)
    return vstack(kept, format="csr")


def most_liked(likes: csr_matrix, count: int) -> IndexArray:
    """Return at most so many movies, rising: those that most users liked, and two at least."""
    users = np.bincount(likes.indices, minlength=likes.shape[1])
    order = np.argsort(-users, kind="stable")[:count]
    return np.sort(order[users[order] >= LEAST_USERS])


def _gram(likes: csr_matrix) -> Float32Array:
    size = likes.shape[1]
    gram = np.empty((size, size), dtype=np.float32, order="F")
    for start in range(0, size, BLOCK):
        gram[:, start : start + BLOCK] = (likes.T @ likes[:, start : start + BLOCK]).toarray()
    return gram


def _inverse(gram: Float32Array, regularization: np.float32) -> Float32Array:
    """Return the inverse of X'X + lambda I, in the place of X'X."""
    size = len(gram)
    gram[np.diag_indices(size)] += regularization
    for solve in (lapack.spotrf, lapack.spotri):  # Cholesky, then the inverse; both fill the upper half
        gram, info = solve(gram, lower=0, **{"overwrite_a" if solve is lapack.spotrf else "overwrite_c": 1})
        if info:
            raise FloatingPointError(f"X'X + lambda I has no Cholesky factor (LAPACK says {info}).")
    return gram


def _weights(inverse: Float32Array) -> Iterator[Float32Array]:
    """Yield B by blocks of rows; of the inverse only the upper half is there."""
    diagonal = inverse.diagonal().copy()
    size = len(diagonal)
    for start in range(0, size, BLOCK):
        end = min(start + BLOCK, size)
        rows = np.empty((end - start, size), dtype=np.float32)
        rows[:, :start] = inverse[:start, start:end].T
        rows[:, end:] = inverse[start:end, end:]
        square = np.triu(inverse[start:end, start:end])
        rows[:, start:end] = square + np.triu(square, 1).T
        rows /= -diagonal
        rows[np.arange(end - start), np.arange(start, end)] = 0
        yield rows


def _cut(parts: list[csr_matrix], count: int) -> tuple[np.float32, list[csr_matrix]]:
    sizes = np.abs(np.concatenate([part.data for part in parts]))
    least = np.partition(sizes, len(sizes) - count)[len(sizes) - count]
    for part in parts:
        part.data[np.abs(part.data) < least] = 0
        part.eliminate_zeros()
    return least, parts
