"""Lengths of time as people read them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_deployment.host.durations import duration
from tests.support.durations import many_seconds, parsed_s


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (42, "42 s"),
        (119, "119 s"),
        (119.5, "2 min"),
        (268, "4 min 28 s"),
        (720, "12 min"),
        (3599.6, "1 h"),
        (9000, "2 h 30 min"),
        (43_200, "12 h"),
        (86_399, "1 d"),
        (172_700, "2 d"),
        (170_000, "1 d 23 h"),
        (86_400_000, "1,000 d"),
        (-5, "0 s"),
    ],
)
def test_a_length_of_time_has_the_units_that_fit(seconds: float, words: str) -> None:
    assert duration(seconds) == duration(timedelta(seconds=seconds)) == words


@given(st.floats(0, 1e9))
def test_words_give_the_length_back_within_their_rounding(seconds: float) -> None:
    coarsest_s = 1 if seconds < 3_600 else 60 if seconds < 86_400 else 3_600
    assert abs(parsed_s(duration(seconds)) - seconds) <= coarsest_s / 2


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_what_is_longer_is_never_said_to_be_shorter(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert parsed_s(duration(shorter)) <= parsed_s(duration(longer))


def test_seconds_that_are_too_many_are_found() -> None:
    assert many_seconds("Over after 43,200 s (limit 120 s), 119 s and 4 min 28 s left.") == [
        "43,200 s",
        "120 s",
    ]
