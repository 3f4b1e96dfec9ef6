"""How sure a number is: intervals from drawing the measured users again and again, with replacement."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from auto_deployment.dataset.arrays import Float64Array, IndexArray, Int32Array

Estimate = dict[str, float | None]  # value, low, high; None where nothing can be said
Statistic = Callable[[Mapping[str, Float64Array]], Float64Array]

CHUNK_DRAWS = 4_000_000
BUNDLES = (
    2_000  # of more users so many bundles are drawn: an interval's width is then sure to 2 % (one sigma)
)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often to draw, and how wide the intervals are. The seed makes draws of equal size the same ones."""

    samples: int
    level: float
    seed: int

    def draws(self, users: int) -> list[Int32Array]:
        """Draw users with replacement: arrays of rows, together (samples, users)."""
        rng = np.random.default_rng(self.seed)
        step = max(CHUNK_DRAWS // max(users, 1), 1)
        sizes = [min(step, self.samples - start) for start in range(0, self.samples, step)]
        return [rng.integers(0, users, (size, users), dtype=np.int32) for size in sizes]

    def bundles(self, users: int) -> IndexArray:
        """Put each user into one of `BUNDLES` by chance, all of a size or of one more."""
        return np.random.default_rng(self.seed).permutation(users) % BUNDLES

    def interval(self, value: float, resampled: Float64Array) -> Estimate:
        """Return the value between the percentiles of what was resampled."""
        if not (np.isfinite(value) and np.isfinite(resampled).all() and len(resampled)):
            return {"value": float(value) if np.isfinite(value) else None, "low": None, "high": None}
        tail = (1 - self.level) / 2
        low, high = np.quantile(resampled, [tail, 1 - tail])
        return {"value": float(value), "low": float(low), "high": float(high)}


class Resampled:
    """Columns of numbers per user, summed over all users and over each draw of users.

    What is computed from the same object is paired: every statistic sees the same draws. Sums of bundles of
    users vary as those of users do (the random groups estimator, Wolter, 2007, ch. 2), so however many users
    there are, drawing costs no more than for `BUNDLES`.
    """

    def __init__(self, columns: Mapping[str, Float64Array], bootstrap: Bootstrap) -> None:
        self._bootstrap = bootstrap
        users = len(next(iter(columns.values())))
        columns = {**columns, "users": np.ones(users)}
        table = np.column_stack(list(columns.values())).astype(np.float64)
        total = table.sum(axis=0)
        if users > BUNDLES:
            place = bootstrap.bundles(users)
            table = np.column_stack([np.bincount(place, column, BUNDLES) for column in table.T])
        sums = [np.zeros((0, table.shape[1]))]
        if users:
            of_bundles = users > BUNDLES
            parts = bundle_counts(bootstrap) if of_bundles else user_counts(bootstrap, users)
            sums += [counts @ table for counts in parts]
        self._total = dict(zip(columns, total, strict=True))
        self._drawn = dict(zip(columns, np.concatenate(sums).T, strict=True))

    def estimate(self, statistic: Statistic) -> Estimate:
        """Compute a statistic of the sums, by name of the column, and its interval."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._bootstrap.interval(float(statistic(self._total)), statistic(self._drawn))

    def mean(self, name: str) -> Estimate:
        return self.estimate(lambda sums: sums[name] / sums["users"])

    def difference(self, name: str, other: str) -> Estimate:
        """Compute the difference of the means of two columns, over the same users."""
        return self.estimate(lambda sums: (sums[name] - sums[other]) / sums["users"])

    def ratio(self, name: str, other: str) -> Estimate:
        """Compute the ratio of the means of two columns, over the same users."""
        return self.estimate(lambda sums: sums[name] / sums[other])


@lru_cache(1)
def bundle_counts(bootstrap: Bootstrap) -> list[Float64Array]:
    """Return how often each bundle was drawn, which is the same for any users: 16 MB that are kept."""
    return list(user_counts(bootstrap, BUNDLES))


def user_counts(bootstrap: Bootstrap, users: int) -> Iterator[Float64Array]:
    return (_counts(draws, users) for draws in bootstrap.draws(users))


def _counts(draws: Int32Array, users: int) -> Float64Array:
    """Return how often each user was drawn, shape (draws, users)."""
    # A draw at a time: its counts stay in the processor's cache.
    return np.stack([np.bincount(one, minlength=users) for one in draws]).astype(np.float64)
