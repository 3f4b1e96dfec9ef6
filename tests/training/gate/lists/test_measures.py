"""How alike two lists are, and what a lot of lists is made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_deployment.training.gate.lists.measures import (
    genre_shares,
    mean_popularity,
    moved,
    overlap,
    rank_biased_overlap,
    shown_counts,
)

LISTS = st.lists(st.integers(0, 30), unique=True, max_size=20)


def by_the_paper(one: list[int], other: list[int], p: float) -> float:
    """Equation 32 of Webber, Moffat & Zobel (2010) as it is printed."""
    short, long = sorted((one, other), key=len)
    s, length = len(short), len(long)

    def common(depth: int) -> int:
        return len(set(short[:depth]) & set(long[:depth]))

    agreed = sum(common(d) / d * p**d for d in range(1, length + 1))
    assumed = sum(common(s) * (d - s) / (s * d) * p**d for d in range(s + 1, length + 1))
    tail = ((common(length) - common(s)) / length + common(s) / s) * p**length
    return (1 - p) / p * (agreed + assumed) + tail


def test_equal_lists_are_equal_exactly_and_foreign_ones_have_nothing_in_common() -> None:
    for length in range(21):
        one = list(range(length))
        assert rank_biased_overlap(one, one) == overlap(one, one) == 1.0
        if length:
            assert rank_biased_overlap(one, [100 + title for title in one]) == pytest.approx(0)
            assert overlap(one, [100 + title for title in one]) == 0
    assert rank_biased_overlap([], [1]) == rank_biased_overlap([1], []) == 0
    assert overlap([], [1]) == 0


def test_three_titles_by_hand() -> None:
    found = rank_biased_overlap([1, 2, 3], [1, 3, 2], 0.9)
    assert found == pytest.approx(0.1 * (1 + 0.9 * 0.5 + 0.81 * 1) + 0.9**3)


@settings(max_examples=60, deadline=None)
@given(LISTS.filter(bool), LISTS.filter(bool), st.sampled_from([0.5, 0.9, 0.98]))
def test_it_is_what_the_paper_says_for_lists_of_any_lengths(
    one: list[int], other: list[int], p: float
) -> None:
    found = rank_biased_overlap(one, other, p)
    assert found == pytest.approx(by_the_paper(one, other, p))
    assert found == pytest.approx(rank_biased_overlap(other, one, p))
    assert -1e-12 <= found <= 1


def test_a_change_on_top_weighs_more_than_one_at_the_end() -> None:
    one = list(range(20))
    top, end = [99, *one[1:]], [*one[:-1], 99]
    assert rank_biased_overlap(one, top) < rank_biased_overlap(one, end) < 1
    assert overlap(one, top) == overlap(one, end) == 0.95


def test_twice_as_popular_is_one_more() -> None:
    events = np.array([2**10 - 1, 2**11 - 1, 0])
    once, twice = (shown_counts([[row], [row]], 3) for row in (0, 1))
    assert mean_popularity(twice, events) - mean_popularity(once, events) == pytest.approx(1)
    assert mean_popularity(shown_counts([[2]], 3), events) == 0
    assert mean_popularity(shown_counts([[], []], 3), events) == 0


def test_a_movie_counts_once_however_many_genres_it_has() -> None:
    genres = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0, 0, 1]])
    before, now = shown_counts([[0], [1]], 3), shown_counts([[0], [2]], 3)
    assert genre_shares(before, genres).tolist() == [0.75, 0.25, 0]
    assert moved(genre_shares(before, genres), genre_shares(now, genres)) == 0.5
    assert moved(genre_shares(before, genres), genre_shares(before, genres)) == 0
