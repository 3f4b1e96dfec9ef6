"""Splits in time, as invariants."""

import random
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.prepare.interactions import make_interactions
from auto_deployment.training.prepare.split import Split, split_by_time
from tests.support.training import SHIPPED, RatingRow, movies_frame, ratings_frame, watches_frame

events = st.lists(
    st.tuples(
        st.integers(1, 5), st.sampled_from("abcdefgh"), st.integers(1, 5).map(float), st.integers(0, 20)
    ),
    min_size=1,
    max_size=60,
)


def split(rows: list[RatingRow], min_split_users: int = 2, test_share: float = 0.2, seed: int = 42) -> Split:
    params = replace(
        SHIPPED.prepare, min_split_users=min_split_users, test_share=test_share, random_split_seed=seed
    )
    return split_by_time(
        make_interactions(ratings_frame(rows), watches_frame(), movies_frame(), params), params
    )


def pairs(frame: pd.DataFrame) -> set[tuple[int, str]]:
    return set(zip(frame["user_id"].tolist(), frame["movie_id"].tolist(), strict=True))


@settings(deadline=None, max_examples=40)
@given(events, st.sampled_from([1, 2, 99]), st.sampled_from([0.2, 0.5]))
def test_training_is_strictly_older_than_what_is_held_out_for_every_user(
    rows: list[RatingRow], min_split_users: int, test_share: float
) -> None:
    found = split(rows, min_split_users, test_share)
    assume(found.kind != "random")
    newest = found.train.groupby("user_id")["time"].max()
    oldest = found.test.groupby("user_id")["time"].min()
    both = newest.index.intersection(oldest.index)
    assert (newest[both] < oldest[both]).all()


@settings(deadline=None, max_examples=40)
@given(events, st.sampled_from([1, 2, 99]))
def test_every_interaction_is_in_exactly_one_part(rows: list[RatingRow], min_split_users: int) -> None:
    found = split(rows, min_split_users)
    assert not pairs(found.train) & pairs(found.test)
    assert pairs(found.train) | pairs(found.test) == {(row[0], row[1]) for row in rows}


@settings(deadline=None, max_examples=40)
@given(events, st.sampled_from([1, 2]))
def test_a_global_cut_is_one_time_for_all(rows: list[RatingRow], min_split_users: int) -> None:
    found = split(rows, min_split_users)
    if found.kind == "global":
        assert found.train["time"].max() < found.watermark <= found.test["time"].min()


@settings(deadline=None, max_examples=40)
@given(events)
def test_a_split_per_user_leaves_every_user_in_training(rows: list[RatingRow]) -> None:
    found = split(rows, 99)
    assert found.kind in ("per_user", "random")
    assert set(found.train["user_id"]) == {row[0] for row in rows}
    assert found.train["time"].max() == found.watermark


def test_enough_users_on_both_sides_make_one_cut() -> None:
    rows = [(user, movie, 3.0, 10 * place + user) for place, movie in enumerate("abcde") for user in (1, 2)]
    assert (split(rows, 2).kind, split(rows, 3).kind) == ("global", "per_user")
    assert split(rows, 2).users_on_both_sides_of_one_cut == 2


def test_the_last_share_of_each_users_events_is_held_out() -> None:
    rows = [(1, movie, 3.0, place) for place, movie in enumerate("abcdefghij")]
    rows += [(2, movie, 3.0, 100 + place) for place, movie in enumerate("abcde")]
    assert pairs(split(rows, 99).test) == {(1, "i"), (1, "j"), (2, "e")}


def test_events_of_the_moment_of_the_cut_are_all_held_out() -> None:
    rows = [(1, movie, 3.0, min(place, 3)) for place, movie in enumerate("abcdefghij")]
    assert pairs(split(rows, 99).train) == {(1, "a"), (1, "b"), (1, "c")}


def test_a_user_whose_events_have_one_time_stays_in_training() -> None:
    rows = [(1, movie, 3.0, 7) for movie in "abcdefghij"]
    rows += [(2, movie, 3.0, place) for place, movie in enumerate("abcdefghij")]
    found = split(rows, 99)
    assert found.kind == "per_user"
    assert pairs(found.test) == {(2, "i"), (2, "j")}


@settings(deadline=None, max_examples=40)
@given(
    st.sets(st.tuples(st.integers(1, 9), st.sampled_from("abcdefghijklmnop")), min_size=1),
    st.booleans(),
    st.randoms(),
)
def test_where_times_say_nothing_chance_holds_out_a_share_of_each_users_events(
    owned: set[tuple[int, str]], per_user: bool, shuffled: random.Random
) -> None:
    rows: list[RatingRow] = [(user, movie, 3.0, user if per_user else 7) for user, movie in sorted(owned)]
    found = split(rows, 99)
    sizes = Counter(user for user, _ in owned)
    expected = {user: size // 5 for user, size in sizes.items() if size >= 5}
    assert Counter(found.test["user_id"].tolist()) == expected
    assert found.kind == ("random" if expected else "per_user")
    shuffled.shuffle(rows)
    assert pairs(split(rows, 99).test) == pairs(found.test)
    assert found.train["time"].max() == found.watermark


def test_few_users_with_a_past_and_a_future_do_not_speak_for_all_others() -> None:
    rows = [(user, movie, 3.0, 7) for user in range(1, 4) for movie in "abcdefghij"]
    rows += [(9, movie, 3.0, place) for place, movie in enumerate("abcdefghij")]
    found = split(rows, 99)
    assert found.kind == "random"
    assert set(found.test["user_id"]) == {1, 2, 3, 9}
    assert split(rows, 1).kind == "global"


def test_another_seed_draws_others_and_more_events_draw_nearly_the_same() -> None:
    rows: list[RatingRow] = [(user, f"m{movie}", 3.0, 7) for user in range(1, 30) for movie in range(20)]
    held = pairs(split(rows, 99).test)
    assert len(held) == 29 * 4
    assert len(held & pairs(split(rows, 99, seed=1).test)) < len(held) / 2
    more: list[RatingRow] = [*rows, *((user, "new", 3.0, 7) for user in range(1, 30))]
    assert len(held & pairs(split(more, 99).test)) > 0.9 * len(held)


def test_no_events_at_all_are_refused_with_what_to_do() -> None:
    with pytest.raises(NotEnoughDataError, match="import or ingest"):
        split([])
