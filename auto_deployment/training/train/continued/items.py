"""Item-to-item weights: those between the most liked movies are computed anew, the others stay."""

import numpy as np
from scipy.sparse import csr_matrix, diags

from auto_deployment.dataset.arrays import BoolArray, IndexArray
from auto_deployment.training.params import TrainParams
from auto_deployment.training.train.continued.parent import Parent
from auto_deployment.training.train.continued.rows import item_weights
from auto_deployment.training.train.item_model import LEAST_USERS, fit_items

NEW_SHARE_MAX = 0.2  # of the movies that are computed anew: such as the parent does not know


def continue_items(
    likes: csr_matrix, singular_value: float, parent: Parent, params: TrainParams
) -> csr_matrix:
    """Return B (M, M), of all weights as many as a training from nothing keeps."""
    users = np.bincount(likes.indices, minlength=likes.shape[1])
    anew = choose_movies(users, parent.movies < 0, min(params.items.movies, params.continued.item_movies))
    old = item_weights(parent)
    if len(anew) < 2:
        return old
    is_anew = np.zeros(likes.shape[1], dtype=np.bool_)
    is_anew[anew] = True
    between = fit_items(likes[:, anew], singular_value, params.items)
    spread = csr_matrix(
        (between.data, anew[between.indices], _spread_indptr(between, anew, likes.shape[1])), old.shape
    )
    taking_part = min(params.items.movies, int((users >= LEAST_USERS).sum()))
    return largest(_without(old, is_anew) + spread, params.items.kept_per_movie * taking_part)


def choose_movies(users: IndexArray, is_new: BoolArray, count: int) -> IndexArray:
    """Return the `count` movies that most users liked, a fifth of them new ones if there are so many."""
    order = np.argsort(-users, kind="stable")
    order = order[users[order] >= LEAST_USERS]
    new = order[is_new[order]][: int(NEW_SHARE_MAX * count)]
    rest = order[~np.isin(order, new)][: count - len(new)]
    return np.sort(np.concatenate([new, rest]))


def largest(weights: csr_matrix, count: int) -> csr_matrix:
    """Keep the `count` weights that are largest in size, and such as are as large as the last of them."""
    if weights.nnz > count:
        sizes = np.abs(weights.data)
        weights.data[sizes < np.partition(sizes, len(sizes) - count)[len(sizes) - count]] = 0
    weights.eliminate_zeros()
    weights.sort_indices()
    return weights.astype(np.float32)


def _without(weights: csr_matrix, is_anew: BoolArray) -> csr_matrix:
    """Leave out what is between two movies that are computed anew."""
    inside = diags(is_anew.astype(np.float32))
    return weights - inside @ weights @ inside


def _spread_indptr(between: csr_matrix, anew: IndexArray, size: int) -> IndexArray:
    counts = np.zeros(size, dtype=np.intp)
    counts[anew] = np.diff(between.indptr)
    return np.concatenate([[0], np.cumsum(counts)])
