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
    ticks = behaviour.requests.shape[-1]
    first, first_bad, newly_bad, fallback, bad_requests = np.zeros((5, len(users), ticks), np.int64)
    away, spared = users.copy(), np.zeros_like(users)
    for tick in range(ticks):
        requests, bad = behaviour.requests[:, tick], behaviour.bad[:, tick]
        come = random.binomial(away, -np.expm1(-requests))
        come_badly = random.binomial(come, bad)
        hit_later = random.binomial(spared, -np.expm1(-requests * bad))
        away -= come
        spared += come - come_badly - hit_later
        first[:, tick], first_bad[:, tick] = come, come_badly
        newly_bad[:, tick] = come_badly + hit_later
        fallback[:, tick] = random.binomial(come, behaviour.fallback[:, tick])
        bad_requests[:, tick] = random.poisson(users * requests * bad)
    return Met(Columns(first, first_bad, newly_bad, fallback), bad_requests)
