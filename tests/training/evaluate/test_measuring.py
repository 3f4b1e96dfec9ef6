"""Lists and ratings against what was held out, worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.recommender import Recommender
from auto_deployment.dataset.arrays import Int32Array
from auto_deployment.statistics.bootstrap import Bootstrap
from auto_deployment.training.evaluate.groups import Groups
from auto_deployment.training.evaluate.measure_lists import coverage, who_is_drawn
from auto_deployment.training.evaluate.measure_ratings import measure_ratings, rating_errors
from auto_deployment.training.evaluate.ranking_task import RankingTask, list_metrics, make_task
from auto_deployment.training.train.rating_models import RatingModel
from tests.support.models import Size, write_model
from tests.support.training import RatingRow, small_params, training_data, users_frame

PARAMS = small_params()
BOOTSTRAP = Bootstrap(samples=50, level=0.95, seed=1)


@pytest.fixture
def recommender(tmp_path: Path) -> Recommender:
    return Recommender(write_model(tmp_path / "model", Size(users=20, movies=40, stored=5, list_length=10)))


def held_out(rows: list[RatingRow]) -> pd.DataFrame:
    return training_data(rows).interactions


def name(recommender: Recommender, row: int) -> str:
    return recommender.movie_ids[row]


def lists(*rows: list[int]) -> Int32Array:
    return np.array(rows, dtype=np.int32)


def task(relevant: list[list[int]], unknown: int = 0, movies: int = 9) -> RankingTask:
    keys = [place * movies + row for place, rows in enumerate(relevant) for row in sorted(rows)]
    count = np.array([len(rows) + unknown for rows in relevant])
    return RankingTask(np.arange(len(relevant)), count, np.array(keys, dtype=np.int64), movies, 0.0)


def test_ndcg_counts_hits_by_their_place() -> None:
    discount = 1 / np.log2([2, 3, 4])
    found = list_metrics(task([[3, 5], [1]]), lists([5, 0, 3], [2, 3, 1]), np.ones(9, dtype=np.int32))
    assert found["ndcg"] == pytest.approx(
        [(discount[0] + discount[2]) / (discount[0] + discount[1]), discount[2]]
    )
    assert found["recall"].tolist() == [1, 1]


def test_the_best_possible_list_has_an_ndcg_of_one_whatever_is_relevant() -> None:
    relevant = [[4], [1, 2], [0, 1, 2, 3, 4]]
    best = lists([4, 7, 8], [2, 1, 7], [4, 3, 0])
    assert list_metrics(task(relevant), best, np.ones(9, dtype=np.int32))["ndcg"] == pytest.approx([1, 1, 1])


def test_relevant_movies_that_the_model_does_not_know_count_as_missed() -> None:
    found = list_metrics(task([[3]], unknown=1), lists([3, 0]), np.ones(9, dtype=np.int32))
    assert found["recall"].tolist() == [0.5]
    assert found["ndcg"][0] < 1


def test_the_hit_of_one_user_is_none_for_another() -> None:
    found = list_metrics(task([[3], [4]]), lists([4, 5], [4, 5]), np.ones(9, dtype=np.int32))
    assert found["hit_rate"].tolist() == [0, 1]


def test_empty_places_of_a_short_list_hit_nothing() -> None:
    found = list_metrics(task([[8], [8]]), lists([0, -1], [-1, -1]), np.full(9, 6, dtype=np.int32))
    assert found["hit_rate"].tolist() == [0, 0]
    assert found["popularity"].tolist() == [6, 0]


def test_popularity_is_the_mean_number_of_training_events() -> None:
    events = np.array([10, 0, 20], dtype=np.int32)
    assert list_metrics(task([[0]], movies=3), lists([0, 2, 1]), events)["popularity"].tolist() == [10]


def test_coverage_is_the_share_of_movies_on_any_list() -> None:
    found = coverage(lists([0, 1], [1, 2], [2, -1]), 10, BOOTSTRAP, who_is_drawn(3, BOOTSTRAP))
    assert found["value"] == pytest.approx(0.3)
    assert found["low"] is not None
    assert found["high"] is not None
    assert found["low"] <= 0.3 <= found["high"]


def test_the_interval_of_coverage_is_as_wide_as_what_draws_of_users_cover() -> None:
    some = np.random.default_rng(3).integers(-1, 40, (30, 4), dtype=np.int32)
    drawn = who_is_drawn(30, BOOTSTRAP)
    covered = [len(set(some[draw > 0].ravel().tolist()) - {-1}) / 50 for draw in drawn.T]
    found = coverage(some, 50, BOOTSTRAP, drawn)
    value = len(set(some.ravel().tolist()) - {-1}) / 50
    expected = BOOTSTRAP.interval(value, np.array(covered) - np.mean(covered) + value)
    assert found == pytest.approx(expected)
    assert 0.6 < drawn.mean() < 0.67  # of n users a draw holds 1 - (1 - 1/n)^n


def test_only_known_users_with_something_relevant_are_listed(recommender: Recommender) -> None:
    movie = name(recommender, 3)
    rows = [(1, movie, 5.0, 1), (2, movie, 2.0, 1), (999, movie, 5.0, 1), (3, "gone+1900", 5.0, 1)]
    found = make_task(recommender, held_out(rows), PARAMS.prepare, PARAMS.evaluate, seed=1)
    assert recommender.model.arrays["user_ids"][found.user_rows].tolist() == [1, 3]
    assert found.relevant_count.tolist() == [1, 1]
    assert found.relevant.tolist() == [3]
    assert found.unknown_share == 0.5


def test_of_too_many_users_a_seeded_sample_is_listed(recommender: Recommender) -> None:
    rows = [(user, name(recommender, user % 3 + place), 5.0, 1) for user in range(1, 19) for place in (0, 9)]
    few = replace(PARAMS.evaluate, max_users=5)
    one, same = (make_task(recommender, held_out(rows), PARAMS.prepare, few, seed=1) for _ in range(2))
    assert len(one.user_rows) == 5
    assert one.user_rows.tolist() == same.user_rows.tolist()
    assert one.relevant_count.tolist() == [2] * 5
    expected = [
        place * 40 + row % 3 + extra
        for place, row in enumerate((one.user_rows + 1).tolist())
        for extra in (0, 9)
    ]
    assert one.relevant.tolist() == expected


def test_rating_errors_are_those_of_what_the_recommender_predicts(recommender: Recommender) -> None:
    arrays = recommender.model.arrays
    users, movies = len(arrays["user_ids"]), len(recommender.movie_ids)
    bias = RatingModel(
        3.0,
        np.zeros(users, "f4"),
        np.full(movies, 0.5, "f4"),
        np.zeros((users, 0), "f4"),
        np.zeros((movies, 0), "f4"),
    )
    test = held_out([(1, name(recommender, 0), 4.0, 1), (2, name(recommender, 5), 2.0, 2), (77, "x", 1.0, 3)])
    found = rating_errors(recommender, bias, test)
    predicted = recommender.predict([1, 2], [name(recommender, 0), name(recommender, 5)])
    assert found.errors["svd"] == pytest.approx(predicted - [4, 2])
    assert found.errors["bias"] == pytest.approx([-0.5, 1.5])
    assert found.errors["constant"] == pytest.approx([-1, 1])
    measured = measure_ratings(found, BOOTSTRAP)
    assert measured["not_covered_share"] == pytest.approx(1 / 3)
    assert measured["bias"]["rmse"]["value"] == pytest.approx(np.sqrt((0.25 + 2.25) / 2))
    assert measured["bias"]["mae"]["value"] == pytest.approx(1)
    difference = measured["svd_minus_bias"]["rmse"]["value"]
    assert difference == pytest.approx(measured["svd"]["rmse"]["value"] - measured["bias"]["rmse"]["value"])


def test_the_interval_of_an_rmse_resamples_users_not_ratings(recommender: Recommender) -> None:
    movies = [name(recommender, row) for row in range(40)]
    test = held_out([(1, movie, 3.0, 1) for movie in movies])
    bias = RatingModel(
        3.0, np.zeros(20, "f4"), np.zeros(40, "f4"), np.zeros((20, 0), "f4"), np.zeros((40, 0), "f4")
    )
    found = measure_ratings(rating_errors(recommender, bias, test), BOOTSTRAP)["svd"]["rmse"]
    assert found["low"] == pytest.approx(found["value"])
    assert found["high"] == pytest.approx(found["value"])


def test_groups_tell_gender_age_band_and_activity() -> None:
    ids = np.arange(1, 10, dtype=np.int64)
    groups = Groups(users_frame(range(1, 10)), ids, np.array([1, 2, 3, 4, 5, 9, 10, 49, 50], dtype=np.int32))
    gender, age, activity = groups.of(np.array([1, 2, 7, 500]))
    assert gender[1].tolist() == ["M", "F", "unknown", "unknown"]
    assert age[1].tolist() == ["under 18", "under 18", "unknown", "unknown"]
    assert age[2] == ["under 18", "18-24", "25-34", "35-44", "45-55", "56 and over", "unknown"]
    assert activity[1].tolist() == ["1 event", "2 events", "10-19 events", "1 event"]
    assert activity[2] == [
        "1 event", "2 events", "3-4 events", "5-9 events", "10-19 events", "20-49 events",
        "50 events and more",
    ]  # fmt: skip
    (*_, (_, of_all, _)) = groups.of(ids)
    assert [activity[2].index(name) for name in of_all] == [0, 1, 2, 2, 3, 3, 4, 5, 6]
