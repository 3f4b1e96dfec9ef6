"""The same users asked of both models, through the code that serves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from app.recommender import Answer, Recommender

LENGTH = 20


@dataclass(frozen=True, slots=True)
class Served:
    """The answers of both models to the same users, rows as each model counts them."""

    user_ids: list[int]
    champion: list[Answer]
    challenger: list[Answer]


def ask_both(champion: Recommender, challenger: Recommender, count: int, seed: int) -> Served:
    """Ask both for the lists of a sample of all users that one of them knows.

    Whom a model does not know it answers as it would when serving: with the most popular titles.
    """
    everybody = np.union1d(champion.model.arrays["user_ids"], challenger.model.arrays["user_ids"])
    user_ids = sample(everybody, count, seed).tolist()
    with threadpool_limits(1, "blas"):  # as it is served
        return Served(user_ids, _ask(champion, user_ids), _ask(challenger, user_ids))


def _ask(recommender: Recommender, user_ids: Sequence[int]) -> list[Answer]:
    return [recommender.recommend(user, LENGTH) for user in user_ids]


def sample(user_ids: npt.NDArray[np.int64], count: int, seed: int) -> npt.NDArray[np.int64]:
    """Return so many users, in ascending order: those whose ids hash to the smallest numbers.

    So the same users are asked from cycle to cycle; who is new joins them, and few of them leave.
    """
    if len(user_ids) <= count:
        return user_ids
    chosen = np.argpartition(_mixed(user_ids, seed), count)[:count]
    return np.sort(user_ids[chosen])


def _mixed(numbers: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.uint64]:
    """Hash as SplitMix64 does (Steele, Lea & Flood, 2014): different numbers stay different."""
    step = 0x9E3779B97F4A7C15
    mixed = numbers.astype(np.uint64) + np.uint64((seed + 1) * step % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
