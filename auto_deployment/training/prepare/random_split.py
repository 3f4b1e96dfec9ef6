"""What chance holds out where times say nothing: a share of each user's events, by a hash of the pair."""

import numpy as np
import pandas as pd

from auto_deployment.dataset.arrays import BoolArray, Int64Array

_STEP, _MIX, _LAST = map(np.uint64, (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def held_out_at_random(
    interactions: pd.DataFrame, first: Int64Array, user: Int64Array, share: float, seed: int
) -> BoolArray:
    """Choose the share of each user's events, rounded down.

    The same pair has the same luck in every data set, so a model and its successor, made of more events, hold
    out nearly the same ones.
    """
    luck = _hash(interactions, seed)
    sizes = np.diff(np.append(first, len(user)))
    order = np.lexsort((luck, user))
    rank = np.empty(len(user), dtype=np.int64)
    rank[order] = np.arange(len(user)) - first[user[order]]
    chosen: BoolArray = rank < np.floor(sizes * share)[user]
    return chosen


def _hash(interactions: pd.DataFrame, seed: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Mix seed, user and movie as splitmix64 does (Steele et al., 2014)."""
    movies = interactions["movie_id"].cat
    of_movies = pd.util.hash_array(movies.categories.to_numpy(dtype=object))
    with np.errstate(over="ignore"):
        mixed = of_movies[movies.codes.to_numpy()] + np.uint64(seed) * _STEP
        for value in (interactions["user_id"].to_numpy().astype(np.uint64), np.uint64(0)):
            mixed = mixed + (value + np.uint64(1)) * _STEP
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _LAST
            mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed
