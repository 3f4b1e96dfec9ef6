"""What every model must hold to, however odd the events are that it was trained on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.artifact import UnknownMovieError, load, save
from app.recommender import PERSONAL, POPULAR, Recommender
from auto_deployment.host.revision import Revision
from auto_deployment.training.prepare.data import TrainingData
from auto_deployment.training.workflow import Trained, train_model
from tests.support.training import RatingRow, WatchRow, small_params, taste_rows, training_data

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
TASTES = taste_rows()


def watched(rows: list[RatingRow]) -> list[WatchRow]:
    return [(user, movie, int(20 * rating), minute + 300) for user, movie, rating, minute in rows]


def scarce() -> list[RatingRow]:
    """Two users with next to nothing beside those with tastes."""
    return [*TASTES, (901, "film+00+2000", 5, 1), (902, "film+39+2000", 1, 2), (902, "film+38+2000", 5, 3)]


MODELS: dict[str, TrainingData] = {
    "ratings only": training_data(TASTES),
    "watches only": training_data([], watched(TASTES)),
    "ratings and watches": training_data(TASTES[::3], watched(TASTES)),
    "identical ratings": training_data([(user, movie, 4.0, minute) for user, movie, _, minute in TASTES]),
    "users with few events": training_data(scarce()),
    "two users and two movies": training_data(
        [(user, movie, 5.0, place) for user in (1, 2) for place, movie in enumerate("ab")]
    ),
    "one moment": training_data([(user, movie, rating, 0) for user, movie, rating, _ in TASTES]),
    "users who saw everything": training_data(
        [(user, f"film+{movie}", 5.0, 50 * movie + user) for user in range(9) for movie in range(12)]
    ),
}
FITTED: dict[str, Trained] = {}


@pytest.fixture(params=MODELS)
def trained(request: pytest.FixtureRequest) -> Trained:
    name = request.param
    if name not in FITTED:
        FITTED[name] = train_model(MODELS[name], small_params(30), NOW, Revision("abc", False))
    return FITTED[name]


@pytest.fixture
def recommender(trained: Trained) -> Recommender:
    return Recommender(trained.fitted.as_model())


def test_an_unknown_user_gets_the_popular_movies(recommender: Recommender) -> None:
    answer = recommender.recommend(123_456, 10)
    assert answer.source == POPULAR
    assert answer.rows == recommender.model.arrays["popular_order"][:10].tolist()


def test_an_unknown_movie_is_said_to_be_unknown(recommender: Recommender) -> None:
    with pytest.raises(UnknownMovieError):
        recommender.similar("no+such+movie+1900")
    assert np.isnan(recommender.predict([1], ["no+such+movie+1900"])).all()


def test_a_saved_model_answers_as_it_did_before(
    trained: Trained, recommender: Recommender, tmp_path: Path
) -> None:
    fitted = trained.fitted
    save(tmp_path / "model", fitted.arrays, fitted.movies, trained.details)
    loaded = Recommender(load(tmp_path / "model"))
    for user in [*recommender.model.arrays["user_ids"].tolist(), 123_456]:
        assert loaded.recommend(user, 30) == recommender.recommend(user, 30)
    movies = recommender.movie_ids
    users = np.full(len(movies), recommender.model.arrays["user_ids"][0])
    assert np.array_equal(loaded.predict(users, movies), recommender.predict(users, movies))
    assert loaded.model.manifest["metrics"] == trained.details["metrics"]


def test_no_seen_movie_is_returned(recommender: Recommender) -> None:
    for row, user in enumerate(recommender.model.arrays["user_ids"].tolist()):
        answer = recommender.recommend(user, 100)
        assert not set(answer.rows) & set(recommender.seen_rows(row).tolist())
        unseen = len(recommender.movie_ids) - len(recommender.seen_rows(row))
        assert len(answer.rows) == min(unseen, 100)
        assert len(set(answer.rows)) == len(answer.rows)


def test_stored_lists_are_what_would_be_computed_live(recommender: Recommender) -> None:
    model = recommender.model
    none_stored = {**model.arrays, "user_list_row": np.full_like(model.arrays["user_list_row"], -1)}
    live = Recommender(replace(model, arrays=none_stored))
    length = recommender.stored_length
    for user in model.arrays["user_ids"].tolist():
        for n in (1, length // 2, length):
            assert recommender.recommend(user, n) == live.recommend(user, n)


def test_users_with_events_enough_have_a_list_of_their_own(recommender: Recommender) -> None:
    arrays = recommender.model.arrays
    least = recommender.model.manifest["scalars"]["min_events"]
    for user, events, stored in zip(
        arrays["user_ids"].tolist(), arrays["user_events"], arrays["user_list_row"], strict=True
    ):
        expected = PERSONAL if events >= least else POPULAR
        assert recommender.recommend(user).source == expected
        assert (stored >= 0) == (events >= least)


def test_metrics_lie_within_their_bounds_and_their_intervals(trained: Trained) -> None:
    ranking = trained.metrics["ranking"]
    for values in ranking["systems"].values():
        for name, estimate in values.items():
            check_bounds(estimate, 0, 1 if name != "popularity" else 1000)
    for model in ("svd", "bias", "constant"):
        for estimate in trained.metrics["rating"][model].values():
            check_bounds(estimate, 0, 4)


def check_bounds(estimate: Mapping[str, Any], least: float, most: float) -> None:
    value, low, high = (estimate[part] for part in ("value", "low", "high"))
    if value is not None:
        assert least <= value <= most
    if low is not None:
        assert low - 1e-9 <= value <= high + 1e-9


def test_predicted_ratings_are_on_the_scale(recommender: Recommender) -> None:
    movies = recommender.movie_ids
    for user in recommender.model.arrays["user_ids"][:5].tolist():
        ratings = recommender.predict(np.full(len(movies), user), movies)
        assert ((ratings >= 1) & (ratings <= 5)).all()
