"""Users of a small simulated platform, and lists of three kinds for each of them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.events import Event, Rejection, parse
from auto_deployment.simulate.arrays import DAY_US
from auto_deployment.simulate.columns import join
from auto_deployment.simulate.lists.audience import Audience
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.platform.viewings import Life
from tests.support.release.simulation import small_platform

LENGTH = 20
Lists = Mapping[str, npt.NDArray[np.int64]]


@cache
def lived_platform() -> tuple[Platform, npt.NDArray[np.bool_]]:
    """Return a platform, and who has watched what by the end of its days, shape (users, movies)."""
    platform = small_platform(users=1000, movies=300, days=60)
    viewings = join(*(stretch.viewings for stretch in Life(platform, (1, 5)).stretches()))
    seen = np.zeros((platform.params.users, platform.params.movies), np.bool_)
    seen[viewings.user, viewings.movie] = True
    return platform, seen


def end_us(platform: Platform) -> int:
    return platform.start_us + platform.params.days * DAY_US


def audience(platform: Platform, **lists: Any) -> Audience:
    """Return the users at the end of the platform's days."""
    return Audience(platform, replace(platform.params.lists, **lists), (1, 5), end_us(platform))


@cache
def three_lists() -> Lists:
    """Return for each user unwatched titles: by a model of the past, by popularity, and by chance."""
    _, seen = lived_platform()
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(8, regularization=0.1, alpha=10, random_state=1, num_threads=1)
        model.fit(sp.csr_matrix(seen.astype(np.float32)), show_progress=False)
    scores = {
        "model": model.user_factors @ model.item_factors.T,
        "popularity": np.broadcast_to(seen.sum(axis=0), seen.shape),
        "chance": np.random.default_rng(1).random(seen.shape),
    }
    return {
        name: np.argsort(-np.where(seen, -np.inf, of), axis=1, kind="stable")[:, :LENGTH]
        for name, of in scores.items()
    }


def events(lines: list[bytes]) -> list[Event]:
    """Read lines; fail on one that ingest would not take."""
    found = [parse(line) for line in lines]
    assert not [one for one in found if isinstance(one, Rejection)]
    return [one for one in found if not isinstance(one, Rejection)]
