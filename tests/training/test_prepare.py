"""Events to interactions."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from auto_deployment.training.prepare.interactions import is_relevant, make_interactions
from tests.support.training import (
    SHIPPED,
    START,
    RatingRow,
    WatchRow,
    movies_frame,
    ratings_frame,
    watches_frame,
)

PREPARE = replace(SHIPPED.prepare, assumed_runtime_min=90, full_watch_max_min=180)


def interactions(
    ratings: list[RatingRow], watches: list[WatchRow], runtime_min: int | None = None
) -> pd.DataFrame:
    movies = movies_frame({row[1] for row in [*ratings, *watches]}, runtime_min)
    return make_interactions(ratings_frame(ratings), watches_frame(watches), movies, PREPARE)


def test_the_latest_rating_of_a_movie_counts() -> None:
    found = interactions([(1, "a", 5, 30), (1, "a", 2, 40), (1, "a", 4, 20), (2, "a", 3, 10)], [])
    assert found["rating"].tolist() == [2, 3]
    assert found["time"].tolist() == [START + timedelta(minutes=40), START + timedelta(minutes=10)]


def test_a_rating_and_a_watch_of_one_movie_are_one_interaction_at_the_later_time() -> None:
    found = interactions([(1, "a", 5, 30), (1, "b", 4, 50)], [(1, "a", 50, 40), (1, "b", 20, 45)], 100)
    assert found["movie_id"].tolist() == ["a", "b"]
    assert found["watched"].tolist() == pytest.approx([0.5, 0.2])
    assert found["time"].tolist() == [START + timedelta(minutes=40), START + timedelta(minutes=50)]


def test_what_was_only_rated_has_no_watched_fraction_and_the_other_way_round() -> None:
    found = interactions([(1, "a", 5, 30)], [(1, "b", 100, 40)], 100)
    assert np.isnan(found["watched"].tolist()[0])
    assert np.isnan(found["rating"].tolist()[1])


def test_without_a_runtime_the_longest_watch_is_the_whole_movie() -> None:
    found = interactions([], [(1, "a", 60, 1), (2, "a", 120, 2)])
    assert found["watched"].tolist() == pytest.approx([0.5, 1.0])


def test_without_a_runtime_a_movie_that_nobody_finished_has_the_assumed_length() -> None:
    assert interactions([], [(1, "a", 9, 1)])["watched"].tolist() == pytest.approx([0.1])


def test_three_hours_of_a_mini_series_count_as_all_of_it() -> None:
    assert interactions([], [(1, "a", 180, 1)], 1000)["watched"].tolist() == pytest.approx([1.0])


def test_nobody_watches_more_than_all_of_a_movie() -> None:
    assert interactions([], [(1, "a", 130, 1)], 100)["watched"].tolist() == [1.0]


def test_interactions_are_sorted_by_user_then_time() -> None:
    found = interactions([(2, "a", 1, 5), (1, "b", 2, 9), (1, "a", 3, 8), (2, "b", 4, 2)], [])
    assert found["rating"].tolist() == [3, 2, 4, 1]


def test_movies_of_ratings_and_watches_share_one_numbering() -> None:
    found = interactions([(1, "b", 5, 1), (1, "c", 5, 2)], [(1, "a", 50, 3), (1, "b", 50, 4)], 100)
    by_movie = found.set_index("movie_id")
    assert sorted(by_movie.index) == ["a", "b", "c"]
    assert by_movie.loc["b", ["rating", "watched"]].to_numpy().tolist() == [5, 0.5]


def test_nothing_gives_an_empty_table_of_the_right_types() -> None:
    found = interactions([], [])
    assert {str(name): str(kind) for name, kind in found.dtypes.items()} == {
        "user_id": "int64",
        "movie_id": "category",
        "time": "datetime64[us, UTC]",
        "rating": "float32",
        "watched": "float32",
    }


def test_a_high_rating_or_most_of_a_movie_makes_it_relevant() -> None:
    found = interactions(
        [(1, "a", 4, 1), (1, "b", 3.9, 2), (1, "c", 1, 3)],
        [(1, "c", 80, 4), (1, "d", 79, 5), (1, "e", 80, 6)],
        100,
    )
    relevant: pd.Series = is_relevant(found, replace(PREPARE, relevant_rating=4.0, relevant_watched=0.8))
    assert dict(zip(found["movie_id"], relevant, strict=True)) == {
        "a": True,
        "b": False,
        "c": True,
        "d": False,
        "e": True,
    }
