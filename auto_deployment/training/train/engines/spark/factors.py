"""The factors of lists, by Spark's alternating least squares.

Its penalty of a row grows with the row's entries (Zhou et al., 2008), and what `implicit` calls confidence c
is for Spark c - 1 beside the 1 that everything has. Movies are Spark's; users are solved for them once more
with one penalty for all, as the service solves them when later events come.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import Float32Array
from auto_deployment.training.params import AlsParams, SparkParams
from auto_deployment.training.train.engines.spark.blocks import blocks_of
from auto_deployment.training.train.engines.spark.session import Jobs
from auto_deployment.training.train.engines.spark.work import solved_users
from auto_deployment.training.train.ranking_model import RankingModel

Entries = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]  # users, movies, values

LEAST = np.float32(1e-6)  # for Spark, what has no weight is not liked


def fit_factors(
    jobs: Jobs, likes: csr_matrix, als: AlsParams, params: SparkParams, seed: int
) -> RankingModel:
    """Fit movies and then users; zeros for who liked nothing enough, and for what nobody did."""
    confidence = confidences(likes, als.confidence_gain)
    users, movies = confidence.shape
    if not confidence.nnz:
        nothing = np.zeros((users + movies, als.factors), dtype=np.float32)
        return RankingModel(nothing[:users], nothing[users:])
    coo = confidence.tocoo()
    entries = coo.row, coo.col, np.maximum(coo.data - 1, LEAST)
    how = {
        "rank": als.factors,
        "implicitPrefs": True,
        "alpha": 1.0,
        "maxIter": params.als.iterations,
        "regParam": params.als.regularization,
        "seed": seed,
    }
    found = jobs.step(
        "the factors of movies", lambda: movie_factors(jobs, entries, movies, params.als_blocks, how)
    )
    liking = np.count_nonzero(np.diff(confidence.indptr))
    regularization = params.als.fold_in * params.als.regularization * confidence.nnz / liking
    return RankingModel(_users(jobs, confidence, found, regularization, params), found, regularization)


def confidences(likes: csr_matrix, gain: float) -> csr_matrix:
    """Return gain x strength, without what comes out below 1, as the local engine has it."""
    confidence = likes * np.float32(gain)
    confidence.data[confidence.data < 1] = 0
    confidence.eliminate_zeros()
    return confidence


def movie_factors(
    jobs: Jobs,
    entries: Entries,
    movies: int,
    blocks: int,
    how: Mapping[str, Any],
) -> Float32Array:
    """Let Spark fit these entries and return its factors of movies (M, F); `how` is as `ALS` takes it."""
    from pyspark.ml.recommendation import ALS

    user, movie, value = entries
    table = pa.table(
        {
            "user": user.astype(np.int32),
            "movie": movie.astype(np.int32),
            "value": value.astype(np.float32),
        }
    )
    als = ALS(
        userCol="user",
        itemCol="movie",
        ratingCol="value",
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        **how,
    )
    data = jobs.session.createDataFrame(table).persist()
    try:
        fitted = als.fit(data).itemFactors.toArrow()
    finally:
        data.unpersist()
    factors = np.zeros((movies, als.getRank()), dtype=np.float32)
    column = fitted.column("features").combine_chunks()
    factors[fitted.column("id").to_numpy()] = column.flatten().to_numpy().reshape(len(column), -1)
    return factors


def _users(
    jobs: Jobs, confidence: csr_matrix, movies: Float32Array, regularization: float, params: SparkParams
) -> Float32Array:
    wide = movies.astype(np.float64)
    square = wide.T @ wide

    def compute() -> Float32Array:
        with jobs.shared((movies, square)) as sent:
            blocks = jobs.spread(blocks_of(confidence, params.block_events))
            solved = blocks.map(
                lambda block: solved_users(block, sent.value[0], sent.value[1], regularization)
            )
            return np.concatenate(list(jobs.collected(solved)))

    return jobs.step("the factors of users", compute)
