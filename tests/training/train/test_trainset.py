"""The training part as arrays."""

import pytest

from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import RatingRow, WatchRow, training_data

ROWS: list[RatingRow] = [(9, "b", 5, 3), (9, "a", 4, 2), (4, "c", 1, 1), (4, "b", 2, 5)]


def trainset(ratings: list[RatingRow], watches: list[WatchRow] | None = None) -> Trainset:
    return make_trainset(training_data(ratings, watches or []).interactions)


def test_users_and_movies_are_numbered_in_order() -> None:
    found = trainset(ROWS)
    assert found.user_ids.tolist() == [4, 9]
    assert found.movie_ids == ["a", "b", "c"]
    assert found.users.tolist() == [0, 0, 1, 1]
    assert found.movies.tolist() == [2, 1, 0, 1]
    assert found.rating.tolist() == [1, 2, 4, 5]


def test_only_movies_with_a_training_event_are_there() -> None:
    interactions = training_data(ROWS).interactions
    assert make_trainset(interactions[interactions["movie_id"] != "c"]).movie_ids == ["a", "b"]


def test_each_user_has_a_row_of_movies_oldest_first() -> None:
    found = trainset(ROWS)
    assert found.indptr().tolist() == [0, 2, 4]
    assert found.movies.tolist() == [2, 1, 0, 1]
    assert found.age().tolist() == [1, 0, 1, 0]


def test_events_and_ratings_are_counted_apart() -> None:
    found = trainset(ROWS, [(4, "a", 50, 9)])
    assert found.events_per_user().tolist() == [3, 2]
    assert found.ratings_per_user().tolist() == [2, 2]
    assert found.events_per_movie().tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(1, "a", 5, 1)], r"1 user\(s\) and 1 movie\(s\)"),
        ([(1, "a", 5, 1), (1, "b", 5, 2)], r"1 user\(s\) and 2 movie\(s\)"),
        ([(1, "a", 5, 1), (2, "a", 5, 2)], r"2 user\(s\) and 1 movie\(s\)"),
    ],
)
def test_one_user_or_one_movie_is_not_enough(rows: list[RatingRow], message: str) -> None:
    with pytest.raises(NotEnoughDataError, match=message):
        trainset(rows)
