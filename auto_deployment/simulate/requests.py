"""Recommendation requests: what a simulated server showed, or why it did not."""

from dataclasses import dataclass

import numpy as np

from auto_deployment.dataset.arrays import Int64Array

LIST_LENGTH = 20
LISTED, TIMED_OUT, REFUSED = range(3)
TIMEOUT_MS = 800


@dataclass(frozen=True, slots=True)
class RecommendRequests:
    """Columns, and the movies of each list: the server recommends at random, by popularity."""

    user: Int64Array
    time_us: Int64Array
    outcome: Int64Array
    latency_ms: Int64Array
    movies: list[list[int]]


def make_requests(
    rng: np.random.Generator,
    users: Int64Array,
    times_us: Int64Array,
    considered: Int64Array,
    failed_share: float,
) -> RecommendRequests:
    """Show each user the first titles of those that then come to mind, unless the request fails."""
    count = len(users)
    failed = rng.random(count) < failed_share
    outcome = np.where(failed, rng.integers(TIMED_OUT, REFUSED + 1, count), LISTED)
    quick = np.minimum(rng.lognormal(np.log(110), 0.4, count), TIMEOUT_MS - 1)
    slow = np.where(
        outcome == TIMED_OUT, TIMEOUT_MS + rng.integers(5, 40, count), rng.integers(20, 280, count)
    )
    return RecommendRequests(
        user=users,
        time_us=times_us,
        outcome=outcome,
        latency_ms=np.where(failed, slow, quick).astype(np.int64),
        movies=[list(dict.fromkeys(row))[:LIST_LENGTH] for row in considered.tolist()],
    )
