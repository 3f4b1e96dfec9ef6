"""Which movie a user picks: some titles come to mind by popularity, and one of them wins by taste."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int64Array
from auto_deployment.simulate.arrays import draw
from auto_deployment.simulate.platform.platform import Platform

BATCH = 2048  # choosers at a time; bounds the memory of their considered titles' vectors


@dataclass(frozen=True, slots=True)
class Choice:
    """For each chooser: the titles considered (n, considered), the one chosen, and how much it is liked."""

    considered: Int64Array
    movie: Int64Array
    liking: Float64Array


class ViewingHistory:
    """The (user, movie) pairs that were watched so far."""

    def __init__(self, movies: int) -> None:
        self._movies = movies
        self._keys = np.empty(0, np.int64)

    def holds(self, users: Int64Array, movies: Int64Array) -> BoolArray:
        """Tell for each row of movies (n, k) which of them the row's user has watched."""
        keys = users[:, None] * self._movies + movies
        if not len(self._keys):
            return np.zeros(keys.shape, bool)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.asarray(self._keys[places] == keys)

    def add(self, users: Int64Array, movies: Int64Array) -> None:
        # A stable sort merges what is in order already in one pass.
        self._keys = np.sort(
            np.concatenate([self._keys, np.sort(users * self._movies + movies)]), kind="stable"
        )


def choose(
    rng: np.random.Generator, platform: Platform, seen: ViewingHistory, users: Int64Array, at_us: int
) -> Choice:
    """Let each user pick one movie at a moment, and remember it as watched."""
    taste = platform.params.taste
    reach = np.exp(platform.movies.log_popularity_at(at_us, platform.params.catalogue)).cumsum()
    parts = []
    for begin in range(0, max(len(users), 1), BATCH):
        some = users[begin : begin + BATCH]
        considered = draw(rng, reach, (len(some), taste.considered))
        vectors = platform.tastes.users_at(some, at_us)
        liking = np.einsum("nkd,nd->nk", platform.tastes.movies[considered], vectors)
        score = taste.choice_weight * liking - taste.seen_penalty * seen.holds(some, considered)
        best = np.argmax(score + rng.gumbel(size=score.shape), axis=1)
        rows = np.arange(len(some))
        parts.append((considered, considered[rows, best], liking[rows, best]))
    considered, movie, liked = (np.concatenate(column) for column in zip(*parts, strict=True))
    seen.add(users, movie)
    return Choice(considered, movie, liked.astype(np.float64))
