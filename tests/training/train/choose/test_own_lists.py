"""From how many events on new users get lists of their own."""

import json

import numpy as np

from auto_deployment.dataset.arrays import Float64Array
from auto_deployment.training.train.choose.choice import Choice, describe_choice, plain_choice, read_choice
from auto_deployment.training.train.choose.own_lists import first_sure_gain


def gain(mean: float, users: int = 100, spread: float = 0.01) -> Float64Array:
    return mean + spread * np.resize([1.0, -1.0], users)


def test_own_lists_begin_where_every_larger_number_surely_gains() -> None:
    assert first_sure_gain({1: gain(0.1), 2: gain(-0.1), 3: gain(0.1), 5: gain(0.2)}) == 3


def test_a_gain_that_may_be_chance_begins_nothing() -> None:
    assert first_sure_gain({5: gain(0.01, spread=0.1), 10: gain(0.01)}) == 10
    assert first_sure_gain({5: gain(0.1), 10: gain(0.01, spread=0.1)}) is None


def test_too_few_newcomers_neither_begin_nor_end_anything() -> None:
    assert first_sure_gain({1: gain(0.1, 29), 5: gain(0.1), 10: gain(-0.1, 29)}) == 5
    assert first_sure_gain({1: gain(0.1, 29)}) is None


def test_a_choice_of_before_can_be_read() -> None:
    choice = Choice(0.5, 10, (0.0,) * 7, 3, 5, ((1, 2.0), (5, 0.0)))
    assert read_choice(describe_choice(choice)) == choice
    assert read_choice(json.loads(json.dumps(describe_choice(choice)))) == choice
    before = {name: value for name, value in describe_choice(choice).items() if not name.startswith("own_")}
    assert read_choice(before).own_list_events is None
    assert read_choice(before).own_popular_weights == ()
    assert plain_choice(0.5, 5).own_list_events is None
