"""What is held of a user: small, bounded, the same in whatever order and how often events come."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recent.events import RecentEvent, parse, render
from app.recent.rows import (
    MAX_TITLES,
    Held,
    codes,
    decode,
    encode,
    group_of,
    merge,
    rating_of,
    rating_steps,
    row_in,
    rows_in,
    together,
    user_of,
    with_newest,
)
from app.recent.table import GROUPS

HELD = st.builds(
    Held,
    st.integers(0, 40_000),
    st.integers(490_000, 490_300),
    st.booleans(),
    st.none() | st.integers(0, 240),
)
NEWS = st.lists(
    st.builds(Held, st.integers(0, 8), st.integers(490_000, 490_004), st.booleans(), st.none()), max_size=20
)


@settings(max_examples=50, deadline=None)
@given(st.lists(HELD, max_size=30, unique_by=lambda one: one.code))
def test_a_row_says_what_was_put_into_it(titles: list[Held]) -> None:
    held = merge([], titles, 0)
    assert decode(encode(held)) == held
    assert codes(encode(held)) == [title.code for title in held]
    assert sorted(held) == sorted(titles)


@settings(max_examples=50, deadline=None)
@given(NEWS, st.randoms())
def test_order_and_repeats_change_nothing(news: list[Held], random: object) -> None:
    once = merge([], news, 0)
    assert merge(once, news, 0) == once
    assert merge([], reversed(news), 0) == once


@settings(max_examples=200, deadline=None)
@given(
    NEWS,
    st.builds(Held, st.integers(0, 9), st.integers(490_000, 490_006), st.booleans(), st.none() | st.just(7)),
)
def test_one_title_ahead_is_put_there_as_if_all_were_taken_apart(news: list[Held], new: Held) -> None:
    held = merge([], news, 0)
    quickly = with_newest(encode(held), new, 490_000)
    merged = merge(held, [new], 490_000)
    is_ahead = bool(held) and new.code not in codes(encode(held)) and merged[0] == new
    assert quickly == (encode(merged) if is_ahead else None)


def test_a_title_is_not_put_ahead_of_a_full_row_nor_when_it_is_too_old() -> None:
    full = encode(merge([], [Held(code, 10) for code in range(MAX_TITLES)], 0))
    assert with_newest(full, Held(999, 11), 0) is None
    assert with_newest(encode([Held(1, 10)]), Held(2, 11), 12) is None


def test_half_a_row_is_none() -> None:
    row = encode([Held(300, 490_000, rating=7)])
    for end in range(4, len(row)):
        for read in (codes, decode):
            with pytest.raises(IndexError):
                read(row[:end])


def test_a_later_rating_takes_the_place_of_an_earlier_one_and_not_the_other_way_round() -> None:
    early, late = Held(1, 10, rating=240), Held(1, 20, rating=60)
    assert merge([], [early, late], 0) == merge([], [late, early], 0) == [late]


def test_the_newest_titles_are_kept_newest_first_and_what_is_older_than_asked_for_is_not() -> None:
    held = merge([], [Held(code, code) for code in range(MAX_TITLES + 50)], 0)
    assert [one.code for one in held] == list(range(MAX_TITLES + 49, 49, -1))
    assert merge(held, [], 200) == [one for one in held if one.hour >= 200]


def test_twenty_titles_take_less_than_70_bytes() -> None:
    titles = merge([], [Held(150 + 40 * one, 490_000 + 5 * one, one % 2 == 0) for one in range(20)], 0)
    assert len(encode(titles)) < 70


def test_a_rating_of_any_common_step_comes_back() -> None:
    for rating in (1.0, 3.5, 4.25, 4.9, 5.0):
        assert rating_of(rating_steps(rating)) == rating


def test_a_line_says_what_was_written_into_it() -> None:
    for event in (
        RecentEvent(1_790_000_000, 7, "heat+1995"),
        RecentEvent(1_790_000_000, 7, "amélie+2001", finished=True),
        RecentEvent(1_790_000_000, 7, "heat+1995", rating=4.5),
    ):
        assert parse(render(event)) == event


def test_a_line_that_is_none_is_nothing() -> None:
    for line in (
        b"", b"1 2 three", b"x 7 heat+1995 started", b"1 -7 heat+1995 started", b"1 7 heat+1995 nan",
        b"1 7 heat+1995 6", b"1 7  started", b"\xff 7 heat+1995 started", b"9" * 99 + b" 7 a started",
        b"1 9223372036854775808 heat+1995 started", b"1 7 " + b"a" * 300 + b" started",
    ):  # fmt: skip
        assert parse(line) is None


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(0, 2**45), st.binary(min_size=1, max_size=300), max_size=9))
def test_users_that_are_kept_together_do_not_mix(rows: dict[int, bytes]) -> None:
    kept = together(rows)
    assert rows_in(kept) == rows
    assert all(row_in(kept, place) == row for place, row in rows.items())
    assert row_in(kept, 2**45 + 1) is None
    assert together({**rows, 0: b""}) == together({place: row for place, row in rows.items() if place})


@given(st.integers(0, 2**63))
def test_every_user_has_a_place_of_his_own(user: int) -> None:
    group, place = group_of(user)
    assert 0 <= group < GROUPS
    assert user_of(group, place) == user


@pytest.mark.parametrize("step", [1, 2, 1000, 4096, 1 << 20, 1 << 22])
def test_users_are_spread_whatever_their_numbers_have_in_common(step: int) -> None:
    users = 50_000
    groups = Counter(group_of(7 + number * step)[0] for number in range(users))
    assert max(groups.values()) <= 24
