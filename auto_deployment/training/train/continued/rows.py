"""Another model's rows in the order of ours."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from auto_deployment.dataset.arrays import BoolArray, Float32Array, IndexArray
from auto_deployment.training.train.continued.parent import Parent
from auto_deployment.training.train.fit import Arrays
from auto_deployment.training.train.trainset import Trainset


def taken(values: npt.NDArray[Any], rows: IndexArray) -> Float32Array:
    """Return the values of these rows, zeros for -1."""
    found: Float32Array = np.where(
        (rows >= 0).reshape(-1, *[1] * (values.ndim - 1)), values[np.maximum(rows, 0)], 0
    ).astype(np.float32)
    return found


def item_weights(parent: Parent) -> csr_matrix:
    """Return the item-to-item weights (M, M) between our movies."""
    arrays = parent.model.arrays
    size, theirs = len(parent.movies), len(arrays["item_indptr"]) - 1
    ours = np.full(theirs, -1)
    ours[parent.movies[parent.movies >= 0]] = np.flatnonzero(parent.movies >= 0)
    row = np.repeat(ours, np.diff(arrays["item_indptr"]))
    column = ours[arrays["item_neighbours"]]
    here = (row >= 0) & (column >= 0)
    return csr_matrix((arrays["item_weights"][here], (row[here], column[here])), shape=(size, size))


def users_to_weigh(trainset: Trainset, parent: Parent, arrays: Arrays, count: int) -> IndexArray:
    """Return the rows of new users, and of the `count` whose history has changed and who were active last."""
    is_new = parent.users < 0
    latest = np.zeros(len(is_new), dtype=np.int64)
    np.maximum.at(latest, trainset.users, trainset.time_us)
    others = changed_users(trainset, parent, arrays)
    others = others[~is_new[others]]
    chosen = others[np.argsort(-latest[others], kind="stable")[:count]]
    return np.sort(np.concatenate([np.flatnonzero(is_new), chosen]))


def changed_users(trainset: Trainset, parent: Parent, arrays: Arrays) -> IndexArray:
    """Return the rows of users who are new, or of whom the model knew another history than `arrays` have."""
    is_changed: BoolArray = parent.users < 0
    theirs = parent.model.arrays
    starts = theirs["seen_indptr"][np.maximum(parent.users, 0)]
    counts = theirs["seen_indptr"][np.maximum(parent.users, 0) + 1] - starts
    is_changed |= counts != np.diff(arrays["seen_indptr"])
    events = np.flatnonzero(~is_changed[trainset.users])
    users = trainset.users[events]
    there = starts[users] + events - arrays["seen_indptr"][users]
    is_same = parent.movies[trainset.movies[events]] == theirs["seen_items"][there]
    is_same &= arrays["seen_strength"][events] == theirs["seen_strength"][there]
    is_changed |= np.bincount(users[~is_same], minlength=len(is_changed)) > 0
    return np.flatnonzero(is_changed)
