"""Whoever fails again and again is left alone, and is tried again by one question at a time."""

from search.personal.rest import Rest
from tests.support.personal import Clock


def test_single_failures_are_no_reason_to_rest() -> None:
    rest = Rest(Clock(), failures=3, rest_s=2)
    for _ in range(5):
        rest.failed()
        rest.failed()
        assert rest.may_ask()
        rest.succeeded()
    assert not rest.is_resting


def test_after_failures_in_a_row_nobody_asks_until_one_may_try() -> None:
    clock = Clock()
    rest = Rest(clock, failures=3, rest_s=2)
    for _ in range(3):
        assert rest.may_ask()
        rest.failed()
    assert rest.is_resting
    clock.now += 1.5
    assert not rest.may_ask()
    clock.now += 0.5
    assert [rest.may_ask() for _ in range(4)] == [True, False, False, False]
    rest.failed()
    clock.now += 1.5
    assert not rest.may_ask()
    clock.now += 0.5
    assert rest.may_ask()
    rest.succeeded()
    assert [rest.may_ask() for _ in range(4)] == [True] * 4


def test_one_that_tried_and_never_came_back_does_not_keep_the_others_away_for_ever() -> None:
    clock = Clock()
    rest = Rest(clock, failures=1, rest_s=2)
    rest.failed()
    clock.now += 2
    assert rest.may_ask()
    clock.now += 2
    assert rest.may_ask()
