"""The item part (EASE): X'X is added up by Spark, its inverse is computed here, as locally."""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import eigsh
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float32Array, IndexArray
from auto_deployment.training.params import ItemParams, SparkParams
from auto_deployment.training.train.engines.spark.blocks import blocks_of
from auto_deployment.training.train.engines.spark.session import Jobs
from auto_deployment.training.train.engines.spark.work import added, tiles_of
from auto_deployment.training.train.item_model import items_of, most_liked, nothing


def fit_items(jobs: Jobs, likes: csr_matrix, items: ItemParams, params: SparkParams, seed: int) -> csr_matrix:
    """Return item-to-item weights (M, M) of the most liked movies; the driver holds what it holds locally."""
    movies = most_liked(likes, items.movies)
    if len(movies) < 2:
        return nothing(likes.shape[1])
    gram = jobs.step("sums over pairs of movies", lambda: _gram(jobs, likes, movies, params))
    with threadpool_limits(1, "blas"):
        value = _singular_value(gram, items.spectrum_rank, seed)
        return items_of(gram, movies, likes.shape[1], value, items)


def _gram(jobs: Jobs, likes: csr_matrix, movies: IndexArray, params: SparkParams) -> Float32Array:
    columns, size = np.full(likes.shape[1], -1, dtype=np.int32), len(movies)
    columns[movies] = np.arange(size)
    gram = np.zeros((size, size), dtype=np.float32, order="F")
    with jobs.shared(columns) as sent:
        blocks = jobs.spread(blocks_of(likes, params.block_events))
        tiles = blocks.flatMap(lambda block: tiles_of(block, sent.value, size))
        for (top, left), tile in jobs.collected(tiles.groupByKey().mapValues(added)):
            gram[top : top + len(tile), left : left + tile.shape[1]] = tile
            gram[left : left + tile.shape[1], top : top + len(tile)] = tile.T
    return gram


def _singular_value(gram: Float32Array, rank: int, seed: int) -> float:
    """Return the singular value of this rank of the strengths of these movies, rounded as locally."""
    rank = min(rank, len(gram) - 1)
    start = np.random.default_rng(seed).random(len(gram)).astype(np.float32)
    values = np.sort(eigsh(gram, k=rank, v0=start, return_eigenvectors=False))
    return float(f"{np.sqrt(max(float(values[0]), 0.0)):.4g}")
