"""SVD and the bias baseline."""

import numpy as np
import pandas as pd
import pytest
import surprise

from auto_deployment.dataset.arrays import Float64Array
from auto_deployment.training.train.rating_models import RatingModel, fit_bias, fit_svd
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import small_params, taste_rows, training_data

TRAIN = small_params().train
ROWS = taste_rows()


@pytest.fixture
def trainset() -> Trainset:
    return make_trainset(training_data(ROWS).interactions)


@pytest.fixture
def numbered_alike() -> Trainset:
    """Surprise numbers users and movies as they come: the first user rates all movies in our order."""
    first = [(0, f"film+{movie:02}+2000", 1.0 + movie % 5, movie) for movie in range(40)]
    return make_trainset(training_data([*first, *ROWS]).interactions)


def by_surprise(trainset: Trainset) -> surprise.Trainset:
    """Return the same ratings, taken in by Surprise's own reader."""
    frame = pd.DataFrame(
        {
            "user": trainset.user_ids[trainset.users],
            "item": np.array(trainset.movie_ids)[trainset.movies],
            "rating": trainset.rating.astype(float),
        }
    )
    return surprise.Dataset.load_from_df(frame, surprise.Reader(rating_scale=(1, 5))).build_full_trainset()


def all_predictions(model: RatingModel, trainset: Trainset) -> Float64Array:
    users, movies = np.indices((len(trainset.user_ids), len(trainset.movie_ids)))
    return model.predict(users.ravel(), movies.ravel())


def all_estimates(algorithm: surprise.AlgoBase, trainset: Trainset) -> list[float]:
    return [algorithm.predict(user, movie).est for user in trainset.user_ids for movie in trainset.movie_ids]


def test_the_bias_baseline_is_surprises(numbered_alike: Trainset) -> None:
    options = {
        "method": "als",
        "n_epochs": TRAIN.bias.epochs,
        "reg_u": TRAIN.bias.user_regularization,
        "reg_i": TRAIN.bias.movie_regularization,
    }
    theirs = surprise.BaselineOnly(bsl_options=options, verbose=False).fit(by_surprise(numbered_alike))
    ours = fit_bias(numbered_alike, TRAIN.bias)
    assert all_predictions(ours, numbered_alike) == pytest.approx(
        all_estimates(theirs, numbered_alike), abs=1e-5
    )


def test_svd_is_surprises(numbered_alike: Trainset) -> None:
    theirs = surprise.SVD(
        n_factors=TRAIN.svd.factors,
        n_epochs=TRAIN.svd.epochs,
        lr_all=TRAIN.svd.learning_rate,
        reg_all=TRAIN.svd.regularization,
        init_std_dev=TRAIN.svd.init_deviation,
        random_state=5,
    ).fit(by_surprise(numbered_alike))
    ours = fit_svd(numbered_alike, TRAIN.svd, seed=5)
    assert all_predictions(ours, numbered_alike) == pytest.approx(
        all_estimates(theirs, numbered_alike), abs=1e-5
    )


def test_the_same_seed_gives_the_same_factors(trainset: Trainset) -> None:
    one, same, other = (fit_svd(trainset, TRAIN.svd, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.movie_factors, same.movie_factors)
    assert not np.array_equal(one.movie_factors, other.movie_factors)


def test_svd_learns_who_likes_what(trainset: Trainset) -> None:
    model = fit_svd(trainset, TRAIN.svd, seed=1)
    rated = model.predict(trainset.users.astype(np.intp), trainset.movies.astype(np.intp))
    error = np.sqrt(np.mean((rated - trainset.rating) ** 2))
    assert error < 0.7 < trainset.rating.std()


def test_who_rated_nothing_and_what_nobody_rated_have_zeros() -> None:
    data = training_data(ROWS, [(99, "film+00+2000", 50, 60), (1, "unrated+2001", 50, 61)])
    trainset = make_trainset(data.interactions)
    model = fit_svd(trainset, TRAIN.svd, seed=1)
    user, movie = trainset.user_ids.tolist().index(99), trainset.movie_ids.index("unrated+2001")
    assert not model.user_factors[user].any()
    assert not model.movie_factors[movie].any()
    assert model.predict(np.array([user]), np.array([movie])) == pytest.approx([model.mean])


def test_without_any_rating_the_middle_of_the_scale_is_predicted() -> None:
    trainset = make_trainset(
        training_data([], [(user, movie, 50, 60) for user in (1, 2) for movie in "ab"]).interactions
    )
    for model in (fit_svd(trainset, TRAIN.svd, seed=1), fit_bias(trainset, TRAIN.bias)):
        assert model.predict(np.array([0, 1]), np.array([1, 0])).tolist() == [3, 3]


def test_identical_ratings_are_predicted() -> None:
    trainset = make_trainset(
        training_data(
            [(user, movie, 4, place) for user in (1, 2) for place, movie in enumerate("abc")]
        ).interactions
    )
    for model in (fit_svd(trainset, TRAIN.svd, seed=1), fit_bias(trainset, TRAIN.bias)):
        assert model.predict(np.array([0, 1]), np.array([2, 0])) == pytest.approx([4, 4], abs=0.1)


def test_predictions_stay_within_the_scale(trainset: Trainset) -> None:
    model = fit_svd(trainset, TRAIN.svd, seed=1)
    model.user_bias[:] = 9
    assert model.predict(np.array([0]), np.array([0])).tolist() == [5]
