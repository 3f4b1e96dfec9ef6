"""How much an interaction says that the user likes the movie, and how much of that still counts."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import Float32Array, Float64Array, Int32Array
from auto_deployment.training.params import PrepareParams
from auto_deployment.training.prepare.interactions import is_liked
from auto_deployment.training.train.trainset import Trainset

KRYLOV_STEPS = 4  # of made ratings, the 50th value is then off by two thousandths, the 20th by 0.00001
OVERSAMPLED = 14  # columns beside those that are wanted


def strength(trainset: Trainset, rating_power: float) -> Float32Array:
    """Return how much each interaction says that the user likes the movie, 0-1: the mean of what is known."""
    rated = ((trainset.rating - 1) / 4) ** rating_power
    known = np.stack([rated, trainset.watched])
    count = (~np.isnan(known)).sum(axis=0)
    mean: Float32Array = (np.nan_to_num(known).sum(axis=0) / np.maximum(count, 1)).astype(np.float32)
    return mean


def told_strength(trainset: Trainset, rating_power: float, prepare: PrepareParams) -> Float32Array:
    """Return the same as instances are told it: a movie that is not seen nearly to its end says nothing."""
    unrated = np.full(len(trainset.users), np.nan, dtype=np.float32)
    is_finished = is_liked(unrated, trainset.watched, prepare)
    watched = np.where(is_finished, np.float32(1), unrated)
    return strength(replace(trainset, watched=watched), rating_power)


def faded(weights: Float32Array, age: Int32Array, half_life: float | None) -> Float32Array:
    """Halve weights with every `half_life` events of the same user that came later; None fades nothing."""
    if half_life is None:
        return weights
    return (weights * np.float32(0.5) ** (age / np.float32(half_life))).astype(np.float32)


def liked(trainset: Trainset, weights: Float32Array) -> csr_matrix:
    """Return the weights of interactions as a matrix (U, M), without those that say nothing."""
    shape = (len(trainset.user_ids), len(trainset.movie_ids))
    matrix = csr_matrix((weights, (trainset.users, trainset.movies)), shape=shape)
    matrix.eliminate_zeros()
    return matrix


def singular_values(matrix: csr_matrix, ranks: tuple[int, ...], seed: int) -> tuple[float, ...]:
    """Return the singular values of these ranks, or the last one of a smaller matrix; zeros of an empty one.

    Regularised least squares shrinks singular values by its regularisation (Mazumder, Hastie & Tibshirani,
    2010), so what suits depends on the size of these values, which grow with the data. Rounded: the last
    digits of an iterative solver are not worth another model.
    """
    if not matrix.nnz:
        return tuple(0.0 for _ in ranks)
    tall = (matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T.tocsr()).astype(np.float64)
    last = min(max(ranks), tall.shape[1] - 1)
    image = tall @ _krylov_basis(tall, last, seed)
    falling = np.sqrt(np.maximum(np.linalg.eigvalsh(image.T @ image)[::-1], 0))
    return tuple(float(f"{falling[min(rank, last) - 1]:.4g}") for rank in ranks)


def _krylov_basis(tall: csr_matrix, rank: int, seed: int) -> Float64Array:
    """Return orthonormal columns (n, d) that nearly span the first right singular vectors of (m, n).

    A randomised block Krylov method (Musco & Musco, 2015). Where values lie close to each other, as those of
    noise do, a solver that wants all digits takes several times as long.
    """
    size, wide = tall.shape[1], tall.T.tocsr()
    block = np.random.default_rng(seed).standard_normal((size, min(rank + OVERSAMPLED, size)))
    blocks = []
    for _ in range(KRYLOV_STEPS):
        block = np.linalg.qr(wide @ (tall @ block))[0]
        blocks.append(block)
    basis: Float64Array = np.linalg.qr(np.hstack(blocks))[0]
    return basis
