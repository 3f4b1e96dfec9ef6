"""With which chance a user begins a title of a list, at most one of each list. Pure.

A list is looked at from the top: the title at place k with the chance k ** -exponent (the position-based
model, with the form of Joachims, Swaminathan & Schnabel, 2017, "Unbiased Learning-to-Rank with Biased
Feedback"). The first title that is looked at and appeals is begun, as in the cascade model (Craswell et al.,
2008, "An Experimental Comparison of Click Position-Bias Models").

Whether a title appeals is decided by what decides about all other viewings of the platform
(`platform.choices`): its popularity of the moment, which says whether anybody has heard of it, and how much
its genres and traits are liked. So a list that knows the user's taste is begun from more often than a popular
one, and that more often than one of titles by chance.
"""

import numpy as np

from auto_deployment.dataset.arrays import Float64Array, Int64Array
from auto_deployment.simulate.arrays import sigmoid
from auto_deployment.simulate.params import ListParams
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.requests import LIST_LENGTH

SAMPLE = 500  # users by whom `watched_share` is met
HALVINGS = 60
LOWEST, HIGHEST = -100.0, 100.0


class Appeal:
    """What appeals to the users of a platform around one moment, counted from its start."""

    def __init__(self, platform: Platform, params: ListParams, at_us: int) -> None:
        self._platform, self._params, self._at_us = platform, params, at_us
        self._popularity = platform.movies.log_popularity_at(at_us, platform.params.catalogue)
        self._base = self._find_base()

    def chances(self, user: int, movies: Int64Array) -> Float64Array:
        """Return for each place of a list the chance that its title is begun; -1 stands for no title."""
        taken = self._taken(np.array([user]), np.maximum(movies, 0), self._base)
        begun = first_of(np.where(movies >= 0, taken, 0.0), self._params.position_exponent)
        return np.asarray(begun[0])

    def liking(self, user: int, movie: int) -> Float64Array:
        """Return how much a user likes a title, in standard deviations; shape (1,)."""
        vectors = self._platform.tastes.users_at(np.array([user]), self._at_us)
        return np.asarray(vectors @ self._platform.tastes.movies[movie], np.float64)

    def _taken(self, users: Int64Array, movies: Int64Array, base: float) -> Float64Array:
        """Return the chance that each user begins each title that is looked at, shape (users, movies)."""
        tastes = self._platform.tastes
        liking = tastes.users_at(users, self._at_us) @ tastes.movies[movies].T
        wish = self._popularity[movies] + self._platform.params.taste.choice_weight * liking
        return sigmoid(base + self._params.appeal_weight * wish)

    def _find_base(self) -> float:
        """Find the log-odds with which the most popular titles are begun from as often as is asked for."""
        users = np.arange(min(self._platform.params.users, SAMPLE))
        popular = np.argsort(-self._popularity, kind="stable")[:LIST_LENGTH]
        low, high = LOWEST, HIGHEST
        for _ in range(HALVINGS):
            base = (low + high) / 2
            begun = first_of(self._taken(users, popular, base), self._params.position_exponent).sum(axis=1)
            low, high = (base, high) if begun.mean() < self._params.watched_share else (low, base)
        return (low + high) / 2


def first_of(taken: Float64Array, position_exponent: float) -> Float64Array:
    """Return the chance that each title of a list, best first along the last axis, is the first one taken."""
    looked_at = np.arange(1, taken.shape[-1] + 1) ** -position_exponent
    here = looked_at * taken
    left = np.cumprod(1 - here, axis=-1)
    before = np.concatenate([np.ones_like(left[..., :1]), left[..., :-1]], axis=-1)
    return np.asarray(here * before)
