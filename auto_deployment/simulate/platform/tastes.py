"""Who likes what: vectors whose product is the liking, in standard deviations over all pairs."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import Float32Array, Float64Array, Int64Array
from auto_deployment.simulate.arrays import DAY_US
from auto_deployment.simulate.params import TasteParams
from auto_deployment.simulate.platform.catalogue import SimulatedMovies
from auto_deployment.simulate.platform.people import Users
from auto_deployment.simulate.platform.vocabulary import GENRES


@dataclass(frozen=True, slots=True)
class Tastes:
    """`movies` is (movies, d), `shared`, `own` and `later` are (users, d); d is genres plus hidden traits.

    A user's vector at a moment is `shared`, which age and gender give, plus an own part that turns from `own`
    towards `later` without growing or shrinking.
    """

    movies: Float32Array
    shared: Float32Array
    own: Float32Array
    later: Float32Array
    turn_per_us: float

    def users_at(self, users: Int64Array, at_us: int) -> Float32Array:
        """Return the vectors of some users at a moment counted from the start, shape (len(users), d)."""
        angle = self.turn_per_us * at_us
        now = np.float32(np.cos(angle)) * self.own[users] + np.float32(np.sin(angle)) * self.later[users]
        return np.asarray(self.shared[users] + now, np.float32)


def make_tastes(
    rng: np.random.Generator, users: Users, movies: SimulatedMovies, params: TasteParams
) -> Tastes:
    """Draw the vectors; the three parts of liking have the shares of variance that the parameters name."""
    genres = movies.genres / np.sqrt(movies.genres.sum(axis=1, keepdims=True))
    traits = rng.normal(size=(len(movies.ids), params.style_dimensions)) / np.sqrt(params.style_dimensions)
    shared = _demographic(users)
    # Of the products of all pairs, estimated by some: which users and movies come first is by chance.
    spread = float(np.std(shared[:1000] @ genres[:1000].T)) or 1.0
    shared *= np.sqrt(params.demographic_share) / spread
    scale = np.repeat(
        np.sqrt([params.genre_share, params.style_share]), [len(GENRES), params.style_dimensions]
    )
    shape = (len(users.age), len(scale))
    return Tastes(
        movies=np.hstack([genres, traits]).astype(np.float32),
        shared=np.hstack([shared, np.zeros((shape[0], params.style_dimensions))]).astype(np.float32),
        own=(rng.standard_normal(shape, np.float32) * scale).astype(np.float32),
        later=(rng.standard_normal(shape, np.float32) * scale).astype(np.float32),
        turn_per_us=float(np.deg2rad(params.drift_deg_per_30d)) / (30 * DAY_US),
    )


def _demographic(users: Users) -> Float64Array:
    """Return what age and gender alone make of each genre, shape (users, genres)."""
    leanings = np.array([[young, women] for _, young, women in GENRES.values()])
    youth = np.clip((35 - users.age) / 13, -2, 2)
    gender = np.where(users.is_woman, 1.0, -1.0)
    return np.asarray(np.column_stack([youth, gender]) @ leanings.T)
