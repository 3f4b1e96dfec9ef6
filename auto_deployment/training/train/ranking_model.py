"""The model of lists: implicit's alternating least squares on everything that was watched or rated."""

import sys
from dataclasses import dataclass

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float32Array
from auto_deployment.training.params import AlsParams
from auto_deployment.training.train.cores import cores
from auto_deployment.training.train.trainset import Trainset


@dataclass(frozen=True, slots=True)
class RankingModel:
    """user_factors (U, F), movie_factors (M, F), float32; their product orders the movies of a user."""

    user_factors: Float32Array
    movie_factors: Float32Array


def fit_als(trainset: Trainset, params: AlsParams, seed: int) -> RankingModel:
    """Fit implicit feedback factors (Hu, Koren & Volinsky, 2008); a seed has one result, on any cores.

    Each row is solved by one thread alone, so their number changes nothing. BLAS, whose sums would be divided
    among threads, gets one.

    Each user's factors are then solved exactly from the final movie factors, which is also what folding in a
    user of later events gives.
    """
    shape = (len(trainset.user_ids), len(trainset.movie_ids))
    confidence = 1 + np.float32(params.confidence_gain) * strength(trainset, params)
    matrix = csr_matrix((confidence, (trainset.users, trainset.movies)), shape=shape)
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=params.factors,
            iterations=params.iterations,
            regularization=params.regularization * spectrum(matrix, params.spectrum_rank, seed),
            dtype=np.float32,
            num_threads=cores(),
            random_state=seed,
        )
        model.fit(matrix, show_progress=sys.stderr.isatty())
        users = model.recalculate_user(np.arange(shape[0]), matrix)
    return RankingModel(users.astype(np.float32), model.item_factors.astype(np.float32))


def spectrum(matrix: csr_matrix, rank: int, seed: int) -> float:
    """Return the singular value of this rank, or the last one of a smaller matrix; at least 1.

    Regularised least squares shrinks singular values by its regularisation (Mazumder, Hastie & Tibshirani,
    2010), so what suits depends on the size of these values, which grow with the data. Rounded: the last
    digits of an iterative solver are not worth another model.
    """
    rank = min(rank, min(matrix.shape) - 1)
    start = np.random.default_rng(seed).random(min(matrix.shape))
    values = svds(matrix.astype(np.float64), k=rank, v0=start, return_singular_vectors=False)
    return max(float(f"{values.min():.4g}"), 1.0)


def strength(trainset: Trainset, params: AlsParams) -> Float32Array:
    """Return how much each interaction says that the user likes the movie, 0-1: the mean of what is known."""
    rated = ((trainset.rating - 1) / 4) ** params.rating_power
    known = np.stack([rated, trainset.watched])
    count = (~np.isnan(known)).sum(axis=0)
    mean: Float32Array = (np.nan_to_num(known).sum(axis=0) / np.maximum(count, 1)).astype(np.float32)
    return mean
