"""Cutting the training part once more, as it was itself cut from the whole."""

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Int64Array
from auto_deployment.training.prepare.split import Kind, cuts
from auto_deployment.training.train.trainset import Trainset


def is_later(trainset: Trainset, kind: Kind, share: float, seed: int) -> BoolArray:
    """Tell which interactions a cut of this kind holds out; users are left with one event at least.

    A global cut stays one however few users are on both sides of it: what suits gaps within histories need
    not suit the time after them.
    """
    if kind == "global":
        start = np.zeros(1, dtype=np.int64)
        return np.asarray(trainset.time_us >= cuts(np.sort(trainset.time_us), start, share)[0])
    _, first, user = np.unique(trainset.users, return_index=True, return_inverse=True)
    if kind == "random":
        return _drawn(first, user, share, seed)
    is_held_out = trainset.time_us >= cuts(trainset.time_us, first, share)[user]
    with_train = np.bincount(user, weights=~is_held_out) > 0
    return np.asarray(is_held_out & with_train[user])


def _drawn(first: Int64Array, user: Int64Array, share: float, seed: int) -> BoolArray:
    sizes = np.diff(np.append(first, len(user)))
    order = np.lexsort((np.random.default_rng(seed).random(len(user)), user))
    rank = np.empty(len(user), dtype=np.int64)
    rank[order] = np.arange(len(user)) - first[user[order]]
    return np.asarray(rank < np.floor(sizes * share)[user])
