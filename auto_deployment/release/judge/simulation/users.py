"""Simulated users of one track, counted by tick as the edge log's reader counts them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from auto_deployment.release.judge.evidence import Columns
from auto_deployment.release.judge.sequential import Counts, Floats


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What each user of a group does in a tick and what he meets; arrays of 1 or `runs` by ticks."""

    requests: Floats  # expected, by user
    bad: Floats  # chance that a request is bad
    fallback: Floats  # chance that a user is one of those who get popularity lists
    slow: Floats  # chance that a user is one of those who wait
    watches: Floats  # chance that a request ends in watching something from its list
    comes: Floats | None = None  # chance to come of one who has not come yet; None: by his requests


@dataclass(frozen=True, slots=True)
class Met:
    """What the users of a track met, by run and tick; the bad requests are for comparison only."""

    columns: Columns
    bad_requests: Counts

    def __add__(self, other: Self) -> "Met":
        """Put two groups of users together."""
        names = Columns.__slots__
        both = (getattr(self.columns, name) + getattr(other.columns, name) for name in names)
        return Met(Columns(*both), self.bad_requests + other.bad_requests)

    def after(self, ticks: int) -> "Met":
        """Leave the first ticks out."""
        names = Columns.__slots__
        rest = (getattr(self.columns, name)[:, ticks:] for name in names)
        return Met(Columns(*rest), self.bad_requests[:, ticks:])


def meet(users: Counts, behaviour: Behaviour, random: np.random.Generator) -> Met:
    """Let a group of so many users (one number a run) use the service for some ticks.

    Requests are a Poisson process of each user: how many have not come yet, and how many have and met nothing
    bad so far, is all that has to be known from one tick to the next.
    """
    requests, ticks = behaviour.requests, behaviour.requests.shape[-1]
    comes = -np.expm1(-requests) if behaviour.comes is None else behaviour.comes
    hit = -np.expm1(-requests * behaviour.bad)
    first, hit_later = np.zeros((2, len(users), ticks), np.int64)
    away, spared = users.copy(), np.zeros_like(users)
    for tick in range(ticks):
        first[:, tick] = random.binomial(away, comes[:, tick])
        away -= first[:, tick]
    first_bad = random.binomial(first, behaviour.bad)
    for tick in range(ticks):
        hit_later[:, tick] = random.binomial(spared, hit[:, tick])
        spared += first[:, tick] - first_bad[:, tick] - hit_later[:, tick]
    watched = _watch(first, behaviour, random)
    asked = users[:, np.newaxis] * requests
    columns = Columns(
        users=first,
        first_bad=first_bad,
        newly_bad=first_bad + hit_later,
        newly_fallback=random.binomial(first, behaviour.fallback),
        newly_slow=random.binomial(first, behaviour.slow),
        requests=random.poisson(asked),
        shown=first.copy(),
        watched=watched,
    )
    return Met(columns, random.poisson(asked * behaviour.bad))


def _watch(first: Counts, behaviour: Behaviour, random: np.random.Generator) -> Counts:
    """Return how many of those who have come watch something for the first time, by tick."""
    watched, waiting = np.zeros_like(first), np.zeros(len(first), np.int64)
    if not behaviour.watches.any():
        return watched
    watched += random.binomial(first, behaviour.watches)
    later = -np.expm1(-behaviour.requests * behaviour.watches)
    for tick in range(first.shape[-1]):
        more = random.binomial(waiting, later[:, tick])
        waiting += first[:, tick] - watched[:, tick] - more
        watched[:, tick] += more
    return watched


def come_in(requests: Floats, inside: Floats) -> tuple[float, Floats]:
    """Return how many of a group come first in ticks that are `inside`, and the chances `comes` of these."""
    before = np.cumsum(requests, axis=-1) - requests
    first = np.exp(-before) * -np.expm1(-requests) * inside
    ahead = np.cumsum(first[:, ::-1], axis=-1)[:, ::-1]
    comes = np.divide(first, ahead, out=np.zeros_like(first), where=ahead > 0)
    return float(first.sum()), np.minimum(comes, 1.0)
