"""Sequential tests that are valid at every look, as arrays of any shape whose last axis is ticks.

Each returns the logarithm of an e-value after every tick. Under its null hypothesis the chance that an
e-value ever reaches 1/alpha is at most alpha (Ville's inequality), however often one looks. The judge calls
these with one release, the simulation of its operating characteristics with thousands.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def canary_share(canary_users: Counts, stable_users: Counts) -> Floats:
    """Return the canary's share of the users seen so far, after every tick; NaN before there was one."""
    canary = np.cumsum(canary_users, axis=-1, dtype=np.float64)
    both = canary + np.cumsum(stable_users, axis=-1, dtype=np.float64)
    return np.divide(canary, both, out=np.full_like(both, np.nan), where=both > 0)


def log_evidence_of_harm(
    canary_harmed: Counts,
    stable_harmed: Counts,
    share: Floats,
    tolerated_ratio: float,
    ratios: Sequence[float],
) -> Floats:
    """Test "the canary harms at most `tolerated_ratio` times as many of its users as stable does of its own".

    Under the null each newly harmed user is the canary's with the odds of its share of users, times the
    tolerated ratio. As long as only one track has been seen, ticks say nothing.
    """
    informative = (share > 0) & (share < 1)
    pi = np.where(informative, share, 0.5)
    odds = tolerated_ratio * pi / (1 - pi)
    canary = np.where(informative, canary_harmed, 0)
    both = canary + np.where(informative, stable_harmed, 0)
    steps = (
        canary * np.log(ratio) + both * (np.log1p(odds) - np.log1p(ratio * odds)) for ratio in ratios
    )  # k_c log(theta_r / theta_0) + k_s log((1 - theta_r) / (1 - theta_0))
    return _log_mean(steps, len(ratios))


def log_evidence_of_share(
    bad: Counts, users: Counts, null_share: float, ratios: Sequence[float], begin: Counts | None = None
) -> Floats:
    """Test "at most `null_share` of users are bad" with ratios above 1, "at least" with ratios below.

    `begin` says of each tick with which one its evidence begins; None: all with the first.
    """
    steps = (
        bad * np.log(ratio) + (users - bad) * (np.log1p(-ratio * null_share) - np.log1p(-null_share))
        for ratio in ratios
    )
    return _log_mean(steps, len(ratios), begin)


def _log_mean(steps: Iterable[Floats], count: int, begin: Counts | None = None) -> Floats:
    """Return the logarithm of the mean of `count` likelihood ratios from their logarithmic steps by tick."""
    total: Floats = np.array(-np.inf)
    for step in steps:
        summed = np.cumsum(step, axis=-1)
        if begin is not None:
            summed = summed - (summed - step)[..., begin]
        total = np.logaddexp(total, summed)
    mean: Floats = total - np.log(count)
    return mean
