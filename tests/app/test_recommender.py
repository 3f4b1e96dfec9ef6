"""Lists: the best movies that are left, whoever asks and however the list is made."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.artifact import Model, UnknownGenreError, UnknownMovieError
from app.recommender import (
    MILE,
    PERSONAL,
    POPULAR,
    Recommender,
)
from app.scoring.ordering import best, first
from tests.support.models import Size, make_arrays, make_details, make_movies, write_model

KNOWN = (1, 2, 7, 29)  # their lists are stored
OUTSIDE = (31, 33, 49)  # theirs are not
FEW_EVENTS = (10, 20, 50)
UNKNOWN = (0, 51, 10**6, 2**63 - 1, 2**63, 10**30)


def expected(
    recommender: Recommender, user: int, n: int, exclude: Collection[str] = (), genre: str | None = None
) -> list[int]:
    """Rank by the definition: every movie, one by one."""
    row = recommender.user_row(user)
    arrays, scalars = recommender.model.arrays, recommender.model.manifest["scalars"]
    seen: set[int] = set() if row is None else set(recommender.seen_rows(row).tolist())
    scores = arrays["item_popularity"].astype(float)
    if row is not None and arrays["user_events"][row] >= scalars["min_events"]:
        cut, items, user_factors = (
            scalars["rank_factors"],
            arrays["item_factors"],
            arrays["user_factors"][row],
        )
        rank_weight, rating_weight = arrays["user_blend"][row]
        ranking = items[:, :cut] @ user_factors[:cut]
        rating = items[:, cut:-1] @ user_factors[cut:] + items[:, -1]
        scores = rank_weight * ranking + rating_weight * rating
    allowed = [
        movie
        for movie in range(len(recommender.movie_ids))
        if movie not in seen
        and recommender.movie_ids[movie] not in exclude
        and (genre is None or arrays["genre_mask"][recommender.genre_row(genre), movie])
    ]
    return sorted(allowed, key=lambda movie: (-scores[movie], movie))[:n]


@pytest.mark.parametrize("user", [*KNOWN, *OUTSIDE, *FEW_EVENTS, *UNKNOWN])
@pytest.mark.parametrize("n", [1, 20, 100])
@pytest.mark.parametrize("genre", [None, "Horror"])
@pytest.mark.parametrize("excluded", [0, 3, 150])
@pytest.mark.parametrize("unknown", [(), ("unknown+movie+1900",)])
def test_a_list_is_what_ranking_every_movie_gives(
    recommender: Recommender, user: int, n: int, genre: str | None, excluded: int, unknown: tuple[str, ...]
) -> None:
    exclude = [*(recommender.movie_ids[row] for row in range(0, excluded)), *unknown]
    answer = recommender.recommend(user, n, exclude, genre)
    assert answer.rows == expected(recommender, user, n, exclude, genre)


@given(ids=st.sets(st.integers(0, 10**6), max_size=2 * MILE + 3), wanted=st.integers(0, 10**6))
@example(ids=set(range(1, 3 * MILE, 2)), wanted=0)
@example(ids=set(range(1, 3 * MILE, 2)), wanted=2 * MILE - 1)
def test_a_user_is_found_exactly_where_the_model_has_him(ids: set[int], wanted: int) -> None:
    ordered = sorted(ids)
    users = len(ordered)
    size = Size(users=users, movies=3, rank_factors=1, rating_factors=1, stored=0, list_length=1)
    arrays = {**make_arrays(size), "user_ids": np.array(ordered, dtype="i8")}
    recommender = Recommender(Model(make_details(size, "1"), arrays, make_movies(size)))
    for user in {wanted, *ordered, *(user + 1 for user in ordered)}:
        assert recommender.user_row(user) == (ordered.index(user) if user in ids else None)


@pytest.mark.parametrize("user", [*KNOWN, *OUTSIDE])
def test_users_with_enough_events_get_a_personal_list(recommender: Recommender, user: int) -> None:
    assert recommender.recommend(user).source == PERSONAL


@pytest.mark.parametrize("user", [*FEW_EVENTS, *UNKNOWN, -1])
def test_everybody_else_gets_the_popular_one(recommender: Recommender, user: int) -> None:
    assert recommender.recommend(user).source == POPULAR


@pytest.mark.parametrize("user", FEW_EVENTS)
def test_a_popular_list_lacks_the_training_movies_of_whom_the_model_knows(
    recommender: Recommender, user: int
) -> None:
    row = recommender.user_row(user)
    assert row is not None
    seen = set(recommender.seen_rows(row).tolist())
    assert seen & set(recommender.popular(20).rows)
    assert not seen & set(recommender.recommend(user, 100).rows)


def test_a_stored_list_is_what_live_scores_say(recommender: Recommender) -> None:
    for user in KNOWN:
        row = recommender.user_row(user)
        assert row is not None
        assert recommender.recommend(user).rows == best(recommender.scores(row), 20)


def test_fewer_movies_come_only_where_no_more_are_left(tmp_path: Path) -> None:
    small = Size(users=5, movies=12, stored=2, list_length=20, seen_per_user=5)
    recommender = Recommender(write_model(tmp_path / "small", small))
    for user in range(1, 6):
        row = recommender.user_row(user)
        assert row is not None
        answer = recommender.recommend(user, 100)
        assert set(answer.rows) == set(range(12)) - set(recommender.seen_rows(row).tolist())
    assert len(recommender.recommend(99, 100).rows) == 12
    everything = list(recommender.movie_ids)
    assert [recommender.recommend(user, 5, everything).rows for user in (1, 5, 99)] == [[], [], []]


def test_genres_are_found_in_any_case_and_unknown_ones_refused(recommender: Recommender) -> None:
    assert recommender.recommend(1, 20, (), "sCi-fI").rows == recommender.recommend(1, 20, (), "Sci-Fi").rows
    for user in (1, 31, 10, 99):
        with pytest.raises(UnknownGenreError):
            recommender.recommend(user, 20, (), "Western")


def test_similar_movies_are_ordered_by_the_cosine_of_their_ranking_factors(recommender: Recommender) -> None:
    factors = recommender.model.arrays["item_factors"][:, :6].astype(float)
    unit = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    cosines = unit @ unit[7]
    rows, scores = recommender.similar(recommender.movie_ids[7], 10)
    assert rows == [row for row in np.argsort(-cosines).tolist() if row != 7][:10]
    np.testing.assert_allclose(scores, cosines[rows], rtol=1e-5)


def test_an_unknown_movie_has_no_similar_ones(recommender: Recommender) -> None:
    with pytest.raises(UnknownMovieError):
        recommender.similar("unknown+movie+1900")


@pytest.mark.parametrize("user", [1, 31, 10, 99])
def test_scores_fall_along_the_list(recommender: Recommender, user: int) -> None:
    answer = recommender.recommend(user, 50)
    scores = recommender.score_rows(recommender.user_row(user), answer.rows)
    assert scores == sorted(scores, reverse=True)


def test_ratings_follow_the_formula_and_stay_on_the_scale(recommender: Recommender) -> None:
    arrays = recommender.model.arrays
    users, movies = [1, 2, 999, 3], ["film+0+1950", "film+5+1955", "film+0+1950", "unknown"]
    found = recommender.predict(users, movies)
    mean = 3.5 + arrays["user_bias"][1] + arrays["item_factors"][5, -1]
    wanted = mean + arrays["user_factors"][1, 6:] @ arrays["item_factors"][5, 6:-1]
    assert found[1] == pytest.approx(min(max(wanted, 1.0), 5.0))
    assert np.isnan(found[2:]).all()
    assert ((found[:2] >= 1) & (found[:2] <= 5)).all()


def test_equal_scores_keep_the_order_of_the_movies() -> None:
    scores = np.array([1, 3, 2, 3, -np.inf, 3], dtype=np.float32)
    assert best(scores, 6) == [1, 3, 5, 2, 0]
    assert best(scores, 2) == [1, 3]
    assert best(np.zeros(5000, dtype=np.float32), 3) == [0, 1, 2]


def test_the_padding_of_a_short_list_is_never_returned() -> None:
    order = np.array([4, 2, 7, -1, -1], dtype=np.int32)
    assert first(order, 3, ()) == [4, 2, 7]
    assert first(order, 5, ()) == [4, 2, 7]
    assert first(order, 3, {4}) == [2, 7]
