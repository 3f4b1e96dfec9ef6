"""The factors of lists: alternating least squares (Hu, Koren & Volinsky, 2008) in steps over blocks of rows.

Not Spark's own: its penalty of a row grows with the row's entries (Zhou et al., 2008), and lists come out
worse. Here each half of an iteration is a step of its own, of what the driver holds: nothing of the
iterations before has to be computed again where a worker is lost. Penalties are the local engine's.
"""

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float32Array
from auto_deployment.training.params import AlsParams, SparkParams
from auto_deployment.training.train.engines.spark.blocks import blocks_of
from auto_deployment.training.train.engines.spark.session import Jobs
from auto_deployment.training.train.engines.spark.work import solved_rows
from auto_deployment.training.train.ranking_model import RankingModel
from auto_deployment.training.train.strength import singular_values

BEGIN = 0.1  # factors begin between 0 and this, by chance


def fit_factors(
    jobs: Jobs, likes: csr_matrix, als: AlsParams, params: SparkParams, seed: int
) -> RankingModel:
    """Fit movies and then users; zeros for who liked nothing enough, and for what nobody did."""
    confidence = confidences(likes, als.confidence_gain)
    users, movies = confidence.shape
    if not confidence.nnz:
        nothing = np.zeros((users + movies, als.factors), dtype=np.float32)
        return RankingModel(nothing[:users], nothing[users:])
    with threadpool_limits(1, "blas"):  # as locally: threads would divide sums
        (value,) = singular_values(likes, (als.spectrum_rank,), seed)
    penalty = als.regularization * max(als.confidence_gain * value, 1.0)
    start = np.random.default_rng(seed).random((movies, als.factors)) * BEGIN
    of_movies, found = confidence.T.tocsr(), start.astype(np.float32)
    for number in range(1, als.iterations + 1):
        by_users = _solved(jobs, f"factors of users, {number}", confidence, found, penalty, params)
        found = _solved(jobs, f"factors of movies, {number}", of_movies, by_users, penalty, params)
    last = _solved(jobs, "factors of users for the final movies", confidence, found, penalty, params)
    return RankingModel(last, found, penalty)


def confidences(likes: csr_matrix, gain: float) -> csr_matrix:
    """Return gain x strength, without what comes out below 1, as the local engine has it."""
    confidence = likes * np.float32(gain)
    confidence.data[confidence.data < 1] = 0
    confidence.eliminate_zeros()
    return confidence


def _solved(
    jobs: Jobs, what: str, rows: csr_matrix, others: Float32Array, penalty: float, params: SparkParams
) -> Float32Array:
    """Solve the factors of each row of confidences for the others', with one penalty for all rows."""
    wide = others.astype(np.float64)
    square = wide.T @ wide

    def compute() -> Float32Array:
        with jobs.shared((others, square)) as sent:
            blocks = jobs.spread(blocks_of(rows, params.block_events))
            solved = blocks.map(lambda block: solved_rows(block, sent.value[0], sent.value[1], penalty))
            return np.concatenate(list(jobs.collected(solved)))

    return jobs.step(what, compute)
