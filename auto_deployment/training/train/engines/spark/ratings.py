"""Predicted ratings: biases by sums over blocks, then Spark's alternating least squares of what they leave.

It fills the arrays of SVD and Bayesian factors; neither of the two is computed here.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import Float32Array, Float64Array
from auto_deployment.training.params import BiasParams, SparkParams
from auto_deployment.training.train.engines.spark.blocks import blocks_of
from auto_deployment.training.train.engines.spark.session import Jobs
from auto_deployment.training.train.engines.spark.work import left_for_movies, solved_ratings, user_biases
from auto_deployment.training.train.rating_models import Rated, RatingModel

Entries = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]  # users, movies, values


def fit_ratings(jobs: Jobs, rated: Rated, bias: BiasParams, params: SparkParams, seed: int) -> RatingModel:
    """Fit mean + b_u + b_i + p_u . q_i."""
    if not len(rated.rating):
        return rated.spread_nothing(params.ratings.factors)
    shape = len(rated.user_rows), len(rated.movie_rows)
    matrix = csr_matrix((rated.rating - rated.mean, (rated.users, rated.movies)), shape)
    of_users, of_movies = jobs.step("biases", lambda: _biases(jobs, matrix, bias, params))
    left = matrix.copy()
    left.data -= np.repeat(of_users, np.diff(matrix.indptr)) + of_movies[matrix.indices]
    coo, how = left.tocoo(), params.ratings
    entries = coo.row, coo.col, coo.data
    told = {
        "rank": how.factors,
        "maxIter": how.iterations,
        "regParam": how.regularization,
        "seed": seed,
    }
    movies = jobs.step(
        "the factors of ratings", lambda: movie_factors(jobs, entries, shape[1], params.als_blocks, told)
    )

    def of_all_users() -> Float64Array:
        penalty = how.regularization  # a number alone travels: workers do not know our classes
        with jobs.shared(movies) as sent:
            blocks = jobs.spread(blocks_of(left, params.block_events))
            solved = blocks.map(lambda block: solved_ratings(block, sent.value, penalty))
            return np.concatenate(list(jobs.collected(solved)))

    users = jobs.step("the factors of who rated", of_all_users)
    return rated.spread(of_users, of_movies, users, movies)


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


def _biases(
    jobs: Jobs, matrix: csr_matrix, bias: BiasParams, params: SparkParams
) -> tuple[Float64Array, Float64Array]:
    """Return biases of users and movies, step by step as the local baseline has them."""
    penalty = bias.user_regularization
    of_movies = bias.movie_regularization + np.bincount(matrix.indices, minlength=matrix.shape[1])
    blocks = jobs.spread(blocks_of(matrix, params.block_events)).persist()
    movies: Float64Array | None = None
    for _ in range(params.ratings.bias_epochs):
        with jobs.shared(movies) as sent:
            sums = blocks.map(lambda block, sent=sent: left_for_movies(block, sent.value, penalty))
            total = np.zeros(matrix.shape[1])
            for one in jobs.collected(sums):
                total[: len(one)] += one
        movies = total / of_movies
    with jobs.shared(movies) as sent:
        users = np.concatenate(
            list(jobs.collected(blocks.map(lambda block: user_biases(block, sent.value, penalty))))
        )
    blocks.unpersist()
    assert movies is not None
    return users, movies
