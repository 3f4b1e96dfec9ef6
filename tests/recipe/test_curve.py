"""What is fitted to response times."""

import math

import pytest

from auto_deployment.recipe.search.curve import fit


def test_a_curve_finds_the_queue_that_the_points_are_from() -> None:
    points = [(rate, 5 + 3 * rate / (200 - rate)) for rate in (20.0, 60.0, 100.0, 140.0, 180.0)]
    curve = fit(points)
    assert curve is not None
    assert curve.capacity == pytest.approx(200, rel=0.03)
    assert curve.at(150) == pytest.approx(14, rel=0.05)
    assert curve.rate_below(14) == pytest.approx(150, rel=0.02)
    assert curve.error < 0.02


def test_no_negative_part_is_ever_fitted() -> None:
    falling = fit([(10.0, 9.0), (20.0, 8.0), (40.0, 7.0)])
    assert falling is not None
    assert falling.growth_ms == 0
    assert falling.at(30) > 0


def test_beyond_the_capacity_an_answer_never_comes() -> None:
    curve = fit([(10.0, 5.0), (20.0, 6.0), (40.0, 12.0)])
    assert curve is not None
    assert math.isinf(curve.at(curve.capacity))
    assert curve.rate_below(curve.floor_ms / 2) == 0


def test_two_levels_are_too_few_for_three_unknowns() -> None:
    assert fit([(10.0, 5.0), (20.0, 6.0), (20.0, 7.0)]) is None
