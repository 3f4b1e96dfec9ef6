"""What users make of what they watch: how long they stay, and how they rate."""

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int64Array
from auto_deployment.simulate.arrays import sigmoid
from auto_deployment.simulate.platform.platform import Platform

SITTING_MAX_MIN = 240


def watch_minutes(
    rng: np.random.Generator, platform: Platform, movies: Int64Array, liking: Float64Array
) -> tuple[Int64Array, Int64Array]:
    """Return the first minute and how many are watched: all, or some part when the movie does not please.

    A mini-series is entered anywhere and left after one sitting.
    """
    habits = platform.params.activity
    runtime = platform.movies.runtime_min[movies]
    first = np.where(runtime > SITTING_MAX_MIN, (rng.random(len(movies)) * runtime).astype(np.int64), 0)
    there = np.minimum(runtime - first, SITTING_MAX_MIN)
    finishes = rng.random(len(movies)) < sigmoid(habits.finish_log_odds + habits.finish_weight * liking)
    part = np.where(finishes, 1.0, rng.beta(1.2, 2.5, len(movies)))
    return first, np.maximum(np.ceil(there * part), 1).astype(np.int64)


def rates(rng: np.random.Generator, platform: Platform, users: Int64Array) -> BoolArray:
    """Tell for which viewings the user gives a rating afterwards."""
    return np.asarray(rng.random(len(users)) < platform.users.rating_chance[users])


def opinions(
    rng: np.random.Generator,
    platform: Platform,
    users: Int64Array,
    movies: Int64Array,
    liking: Float64Array,
    scale: tuple[float, float],
) -> Int64Array:
    how = platform.params.opinion
    felt = (
        how.mean
        + how.user_sd * platform.users.leniency[users]
        + how.movie_sd * platform.movies.quality[movies]
        + how.taste_weight * liking
        + how.noise_sd * rng.normal(size=len(users))
    )
    low, high = scale
    return np.clip(np.rint(low + (felt - 1) / 4 * (high - low)), low, high).astype(np.int64)
