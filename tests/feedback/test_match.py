"""Which lines belong together: the nearest of one user within the window, each once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.feedback.match import NONE, Lines, Reasons, clock_difference_us, match, reasons

SECOND = 1_000_000
WINDOW, MOST = 2 * SECOND, 300 * SECOND
Rows = list[tuple[int, int]]
REQUESTS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 8)), max_size=9)


def lines(*rows: tuple[int, float]) -> Lines:
    """Return lines from users and seconds."""
    users, seconds = zip(*rows, strict=True) if rows else ((), ())
    return Lines(np.array(users, np.int64), np.array([round(one * SECOND) for one in seconds], np.int64))


def matched(stream: Lines, edge: Lines) -> list[int]:
    found: list[int] = match(stream, edge, WINDOW).tolist()
    return found


def test_the_nearest_belong_together_and_nothing_is_used_twice() -> None:
    assert matched(lines((1, 10), (1, 10.3)), lines((1, 10.31), (1, 10.25))) == [1, 0]
    assert matched(lines((1, 10), (1, 10)), lines((1, 10))).count(NONE) == 1


def test_users_and_distant_lines_are_kept_apart() -> None:
    assert matched(lines((1, 10), (2, 10)), lines((3, 10), (2, 12), (1, 12.1))) == [NONE, 1]
    assert matched(lines(), lines((1, 1))) == []
    assert matched(lines((1, 1)), lines()) == [NONE]


@settings(max_examples=60)
@given(REQUESTS, REQUESTS)
def test_no_pair_is_left_that_could_be_made(
    stream: list[tuple[int, int]], edge: list[tuple[int, int]]
) -> None:
    shown, asked = lines(*stream), lines(*edge)
    partner = match(shown, asked, WINDOW)
    used = partner[partner != NONE]
    assert len(set(used.tolist())) == len(used)
    for row, found in enumerate(partner.tolist()):
        free = [found] if found != NONE else sorted(set(range(len(edge))) - set(used.tolist()))
        near = [
            one for one in free
            if stream[row][0] == edge[one][0] and abs(shown.time_us[row] - asked.time_us[one]) <= WINDOW
        ]  # fmt: skip
        assert near == ([found] if found != NONE else [])


@pytest.mark.parametrize("ahead_s", [-123.4, 0.05, 61.0])
def test_the_clocks_difference_is_what_most_lines_agree_on(ahead_s: float) -> None:
    rng = np.random.default_rng(3)
    users, times = rng.integers(1, 40, 200).tolist(), rng.uniform(0, 3600, 200).tolist()
    rows = list(zip(users, times, strict=True))
    lost = [(user, time + ahead_s) for user, time in rows[: 3 * len(rows) // 4]]
    difference = clock_difference_us(lines(*rows), lines(*lost), MOST, WINDOW)
    assert difference == pytest.approx(ahead_s * SECOND, abs=SECOND // 10)


def test_few_lines_or_lines_that_agree_on_nothing_say_nothing_of_the_clocks() -> None:
    rows = [(user, 10.0) for user in range(4)]
    assert clock_difference_us(lines(*rows), lines(*rows), MOST, WINDOW) is None
    scattered = [(user, 10.0 + 17 * user) for user in range(12)]
    assert (
        clock_difference_us(lines(*((u, 10.0) for u in range(12))), lines(*scattered), MOST, WINDOW) is None
    )


def test_a_program_that_asks_without_a_pause_says_nothing_of_the_clocks() -> None:
    rows = [(1, number / 10) for number in range(400)]
    assert clock_difference_us(lines(*rows), lines(*rows), MOST, WINDOW) is None


def test_reasons_tell_nobody_from_far_and_from_taken() -> None:
    stream = lines((1, 10), (2, 10), (3, 10), (4, 10))
    edge = lines((2, 14), (3, 11), (4, 400))
    unmatched = np.array([True, True, True, True])
    assert reasons(stream, edge, unmatched, MOST, WINDOW) == Reasons(none=2, too_far=1, taken=1)
