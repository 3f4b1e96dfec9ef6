"""How much popularity is mixed in for whom."""

import numpy as np
import pytest

from auto_deployment.dataset.arrays import Float64Array, Int32Array
from auto_deployment.training.train.choose.choice import EVENTS_FROM, Choice, group_of
from auto_deployment.training.train.choose.popular import ALONE, falling_weights, speaks

LEVELS = (0.0, 1.0, ALONE)


def worth(*groups: tuple[float, float, float], users: int = 100) -> tuple[Float64Array, Int32Array]:
    """Return what the levels gain for users of the first groups, the same for all of a group."""
    values = np.repeat(np.array(groups).T, users, axis=1)
    return values - values[0], np.repeat(np.arange(len(groups), dtype=np.int32), users)


def test_each_group_has_what_serves_it_best() -> None:
    found = falling_weights(*worth((0.1, 0.2, 0.3), (0.1, 0.2, 0.15), (0.3, 0.2, 0.1)), LEVELS)
    assert found == [ALONE, 1, 0, 0, 0, 0, 0]


def test_no_group_has_more_popularity_than_one_with_fewer_events() -> None:
    found = falling_weights(*worth((0.2, 0.1, 0.1), (0.1, 0.4, 0.1)), LEVELS)
    assert found[:2] == [1, 1]
    found = falling_weights(*worth((0.5, 0.1, 0.1), (0.1, 0.4, 0.1)), LEVELS)
    assert found[:2] == [0, 0]


def test_a_group_without_anybody_leans_on_the_next_one() -> None:
    values, groups = worth((0.1, 0.2, 0.1), (0.3, 0.2, 0.1))
    assert falling_weights(values, groups + 3, LEVELS) == [1, 1, 1, 1, 0, 0, 0]


def test_what_chance_may_have_done_mixes_nothing_in() -> None:
    gain = np.array([1.0] * 11 + [-1.0] * 10) / 10
    values = np.stack([np.zeros(21), gain, gain - 1])
    groups = np.zeros(21, dtype=np.int32)
    assert falling_weights(values, groups, LEVELS)[0] == 0
    assert falling_weights(np.stack([np.zeros(21), abs(gain), gain - 1]), groups, LEVELS)[0] == 1


def test_how_sure_a_gain_has_to_be_can_be_said() -> None:
    gain = 0.1 + np.resize([1.0, -1.0], 400)  # a standard error is 0.05
    values, groups = np.stack([np.zeros(400), gain, gain - 1]), np.zeros(400, dtype=np.int32)
    assert [falling_weights(values, groups, LEVELS, sure)[0] for sure in (1, 1.9, 2.1)] == [1, 1, 0]


def test_newcomers_are_asked_where_there_is_hardly_anybody_else() -> None:
    groups = np.array([0] * 10 + [3] * 60, dtype=np.int32)
    is_newcomer = np.array([False] * 3 + [True] * 7 + [False] * 55 + [True] * 5)
    assert speaks(groups, is_newcomer).tolist() == [True] * 65 + [False] * 5


@pytest.mark.parametrize(("events", "group"), [(1, 0), (2, 1), (4, 2), (5, 3), (49, 5), (50, 6), (9999, 6)])
def test_groups_begin_at_their_first_number(events: int, group: int) -> None:
    assert group_of(np.array([events], dtype=np.int32)).tolist() == [group]
    weights = tuple(float(place) for place in range(len(EVENTS_FROM)))
    assert Choice(0.5, None, weights, 1).popular_of(np.array([events], dtype=np.int32)).tolist() == [group]
