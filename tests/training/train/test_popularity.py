"""Recent, smoothed popularity."""

import numpy as np
import pytest

from auto_deployment.training.params import PopularityParams
from auto_deployment.training.train.popularity import recent_popularity
from auto_deployment.training.train.trainset import make_trainset
from tests.support.training import training_data

DAY_MIN = 24 * 60


def popularity(half_life_days: float, smoothing_events: float) -> list[float]:
    rows = [(user, "old", 3.0, user) for user in range(1, 31)]
    rows += [(user, "new", 3.0, 70 * DAY_MIN) for user in range(1, 11)]
    trainset = make_trainset(training_data(rows).interactions)
    new, old = recent_popularity(trainset, PopularityParams(half_life_days, smoothing_events))
    assert trainset.movie_ids == ["new", "old"]
    return [float(new), float(old)]


def test_what_is_watched_now_is_ahead_of_what_was_watched_more_once() -> None:
    new, old = popularity(half_life_days=7, smoothing_events=0)
    assert new > 100 * old


def test_where_little_happened_lately_all_times_decide() -> None:
    new, old = popularity(half_life_days=7, smoothing_events=10_000)
    assert old == pytest.approx(0.75, abs=0.01)
    assert new == pytest.approx(0.25, abs=0.01)


def test_an_event_counts_half_after_the_half_life() -> None:
    rows = [(1, "a", 3.0, 7 * DAY_MIN), (2, "b", 3.0, 0)]
    trainset = make_trainset(training_data(rows).interactions)
    shares = recent_popularity(trainset, PopularityParams(7, 0))
    assert shares.tolist() == pytest.approx([2 / 3, 1 / 3])


def test_popularities_are_shares() -> None:
    assert np.sum(popularity(30, 100)) == pytest.approx(1)
