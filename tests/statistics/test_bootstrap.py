"""Intervals over users."""

import numpy as np
import pytest

from auto_deployment.statistics.bootstrap import BUNDLES, Bootstrap, Estimate, Resampled

BOOTSTRAP = Bootstrap(samples=2000, level=0.95, seed=1)
RNG = np.random.default_rng(9)


def bounds(estimate: Estimate) -> tuple[float, float, float]:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    assert value is not None
    assert low is not None
    assert high is not None
    return low, value, high


def test_a_mean_has_the_interval_of_its_standard_error() -> None:
    values = RNG.normal(5, 2, 400)
    low, value, high = bounds(Resampled({"x": values}, BOOTSTRAP).mean("x"))
    assert value == pytest.approx(values.mean())
    error = values.std() / 20
    assert low == pytest.approx(value - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(value + 1.96 * error, abs=0.15 * error)


def test_a_difference_is_paired_by_user() -> None:
    values = RNG.normal(5, 2, 400)
    resampled = Resampled({"x": values + 0.1, "y": values}, BOOTSTRAP)
    low, _, high = bounds(resampled.difference("x", "y"))
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.1)


def test_a_ratio_is_that_of_the_means() -> None:
    resampled = Resampled({"x": np.array([1.0, 3.0, 8.0]), "y": np.array([2.0, 2.0, 2.0])}, BOOTSTRAP)
    low, value, high = bounds(resampled.ratio("x", "y"))
    assert value == pytest.approx(2)
    assert low < value < high


def test_the_same_seed_gives_the_same_interval() -> None:
    columns = {"x": RNG.normal(size=50)}
    assert Resampled(columns, BOOTSTRAP).mean("x") == Resampled(columns, BOOTSTRAP).mean("x")
    other = Bootstrap(2000, 0.95, seed=2)
    assert Resampled(columns, BOOTSTRAP).mean("x") != Resampled(columns, other).mean("x")


def test_many_users_are_drawn_in_parts_of_the_right_total() -> None:
    draws = Bootstrap(samples=10, level=0.9, seed=1).draws(1_000_000)
    assert [len(part) for part in draws] == [4, 4, 2]
    assert {part.shape[1] for part in draws} == {1_000_000}


def test_of_many_users_bundles_are_drawn_and_the_interval_is_the_same() -> None:
    users = 3 * BUNDLES + 7
    values = RNG.lognormal(0, 1, users)
    resampled = Resampled({"x": values, "y": values - 0.1}, BOOTSTRAP)
    low, value, high = bounds(resampled.mean("x"))
    error = values.std() / np.sqrt(users)
    assert value == pytest.approx(values.mean())
    assert low == pytest.approx(value - 1.96 * error, abs=0.25 * error)
    assert high == pytest.approx(value + 1.96 * error, abs=0.25 * error)
    low, _, high = bounds(resampled.difference("x", "y"))
    assert (low, high) == pytest.approx((0.1, 0.1))


def test_each_user_is_in_one_bundle_and_none_has_two_more_than_another() -> None:
    place = BOOTSTRAP.bundles(2 * BUNDLES + 1)
    assert set(np.bincount(place, minlength=BUNDLES).tolist()) == {2, 3}
    assert place.tolist() != sorted(place.tolist())


def test_without_users_nothing_is_known() -> None:
    assert Resampled({"x": np.zeros(0)}, BOOTSTRAP).mean("x") == {"value": None, "low": None, "high": None}


def test_a_ratio_to_nothing_is_not_known() -> None:
    resampled = Resampled({"x": np.ones(3), "y": np.zeros(3)}, BOOTSTRAP)
    assert resampled.ratio("x", "y") == {"value": None, "low": None, "high": None}


def test_a_value_whose_draws_break_down_has_no_interval() -> None:
    resampled = Resampled({"x": np.ones(3), "y": np.array([0.0, 0.0, 1.0])}, BOOTSTRAP)
    assert resampled.ratio("x", "y") == {"value": 3.0, "low": None, "high": None}
