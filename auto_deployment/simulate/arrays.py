"""Units of time and the randomness of the simulation."""

import numpy as np

from auto_deployment.dataset.arrays import Float64Array, Int64Array

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 86_400 * SECOND_US


def generator(seed: int, part: str) -> np.random.Generator:
    """Return the randomness of one part, which does not depend on how much another part used."""
    return np.random.default_rng([seed, *part.encode()])


def sigmoid(log_odds: Float64Array) -> Float64Array:
    """Return the probability of log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def draw(rng: np.random.Generator, cumulated: Float64Array, shape: tuple[int, ...]) -> Int64Array:
    """Draw places with the weights of which the cumulated sums are given; a weight of 0 is never drawn."""
    draws = rng.random(shape) * cumulated[-1]
    return np.asarray(np.minimum(np.searchsorted(cumulated, draws, side="right"), len(cumulated) - 1))
