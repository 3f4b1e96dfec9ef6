"""The users of a simulated platform."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import BoolArray, Float64Array, Int64Array
from auto_deployment.simulate.arrays import DAY_US
from auto_deployment.simulate.params import SimulateParams
from auto_deployment.simulate.platform.vocabulary import OCCUPATIONS

PUPIL_MAX_AGE, RETIRED_MIN_AGE = 17, 65
VIEWINGS_MAX_D = 8  # what fits into a day


@dataclass(frozen=True, slots=True)
class Users:
    """Columns over the users; the user at place i has the id i + 1."""

    age: Int64Array
    is_woman: BoolArray
    occupation: Int64Array  # place in OCCUPATIONS
    activity: Float64Array  # viewings a day
    rating_chance: Float64Array  # of a viewing
    leniency: Float64Array  # by which the user rates higher than others, in standard deviations
    joined_us: Int64Array  # counted from the start; negative for those who are there from the start on


def make_users(rng: np.random.Generator, params: SimulateParams) -> Users:
    """Draw the users. Those who sign up do so evenly over the days of the simulation."""
    count, habits = params.users, params.activity
    age = np.clip(10 + rng.gamma(3.2, 7.5, count), 10, 90).astype(np.int64)
    spread = habits.viewings_log_sd
    concentration = habits.rating_user_concentration
    joins = rng.random(count) < habits.joining_share
    return Users(
        age=age,
        is_woman=rng.random(count) < 0.42,
        occupation=_make_occupations(rng, age),
        activity=np.minimum(
            habits.viewings_per_user_d * rng.lognormal(-(spread**2) / 2, spread, count), VIEWINGS_MAX_D
        ),
        rating_chance=rng.beta(
            habits.ratings_per_viewing * concentration,
            (1 - habits.ratings_per_viewing) * concentration,
            count,
        ),
        leniency=rng.normal(size=count),
        joined_us=np.where(joins, rng.integers(0, params.days * DAY_US, count), -DAY_US).astype(np.int64),
    )


def _make_occupations(rng: np.random.Generator, age: Int64Array) -> Int64Array:
    pupil, retired = OCCUPATIONS.index("K-12 student"), OCCUPATIONS.index("retired")
    others = np.setdiff1d(np.arange(len(OCCUPATIONS)), [pupil, retired])
    occupation = rng.choice(others, len(age))
    occupation[age <= PUPIL_MAX_AGE] = pupil
    occupation[age >= RETIRED_MIN_AGE] = retired
    return occupation
