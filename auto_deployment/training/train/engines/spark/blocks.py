"""Blocks of whole users: what is handed to one task, the same for the same data on any cluster."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import Int64Array
from auto_deployment.training.train.engines.spark.work import Block


def cut(indptr: Int64Array, events: int) -> list[tuple[int, int]]:
    """Return ranges of rows with about so many entries each; `indptr` (U + 1,) says where rows begin."""
    total = int(indptr[-1])
    wanted = np.arange(events, total, events)
    inner = np.unique(np.searchsorted(indptr, wanted))
    edges = [0, *(int(one) for one in inner if 0 < one < len(indptr) - 1), len(indptr) - 1]
    return list(pairwise(edges))


def blocks_of(matrix: csr_matrix, events: int) -> Iterator[Block]:
    """Yield the rows of a matrix in blocks, numbered from 0."""
    for number, (start, end) in enumerate(cut(matrix.indptr, events)):
        here = slice(matrix.indptr[start], matrix.indptr[end])
        indptr = (matrix.indptr[start : end + 1] - matrix.indptr[start]).astype(np.int64)
        yield Block(number, start, indptr, matrix.indices[here].astype(np.int32), matrix.data[here])
