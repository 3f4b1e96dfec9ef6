"""Factors of ratings by variational Bayes, and what is served of them."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float64Array
from auto_deployment.training.train.bayesian_factors import fit_bayesian, passes_over
from auto_deployment.training.train.rating_models import Rated, RatingModel, epochs_over, fit_bias, fit_svd
from auto_deployment.training.train.served_ratings import fit_ratings, mean_of
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import SHIPPED, RatingRow, small_params, taste_rows, training_data

TRAIN = small_params().train
BAYESIAN = TRAIN.bayesian
ARRAYS = ("user_bias", "movie_bias", "user_factors", "movie_factors")


def trainset_of(rows: list[RatingRow]) -> Trainset:
    return make_trainset(training_data(rows).interactions)


def bytes_of(model: RatingModel) -> list[bytes]:
    return [getattr(model, name).tobytes() for name in ARRAYS]


def tastes(noise: float, seed: int = 1) -> tuple[Trainset, Trainset]:
    """Return ratings of two dimensions of taste to learn from, and others of the same people and movies."""
    rng = np.random.default_rng(seed)
    users, movies = rng.normal(0, 0.6, (80, 2)), rng.normal(0, 0.6, (50, 2))
    parts: tuple[list[RatingRow], list[RatingRow]] = ([], [])
    for user in range(80):
        for place, movie in enumerate(rng.permutation(50)[:30]):
            rating = 3 + users[user] @ movies[movie] + noise * rng.normal()
            parts[place >= 24].append((user, f"film+{movie:02}", float(np.clip(rating, 1, 5)), place))
    return trainset_of(parts[0]), trainset_of(parts[1])


def errors(model: RatingModel, known: Trainset, others: Trainset) -> Float64Array:
    users = np.searchsorted(known.user_ids, others.user_ids[others.users])
    movies = np.searchsorted(known.movie_ids, np.array(others.movie_ids)[others.movies])
    return model.predict(users, movies) - others.rating


def rmse(values: Float64Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def test_tastes_are_learnt_to_near_the_noise_and_better_than_biases() -> None:
    known, others = tastes(noise=0.2)
    found = rmse(errors(fit_bayesian(Rated(known), replace(BAYESIAN, passes_max=30), seed=1), known, others))
    assert found < 0.27
    assert found < 0.7 * rmse(errors(fit_bias(known, TRAIN.bias), known, others))


def test_factors_beyond_those_that_the_data_has_do_no_harm() -> None:
    known, others = tastes(noise=0.2)
    two, many = (
        rmse(
            errors(
                fit_bayesian(Rated(known), replace(BAYESIAN, factors=factors, passes_max=30), 1),
                known,
                others,
            )
        )
        for factors in (2, 12)
    )
    assert many < 1.05 * two


def test_from_noise_no_taste_is_learnt() -> None:
    rng = np.random.default_rng(2)
    rows: list[RatingRow] = [
        (user, f"film+{movie}", float(rng.integers(1, 6)), movie)
        for user in range(60)
        for movie in rng.choice(40, 10, replace=False).tolist()
    ]
    trainset = trainset_of(rows)
    model = fit_bayesian(Rated(trainset), replace(BAYESIAN, factors=8, passes_max=40), seed=1)
    assert np.abs(model.user_factors @ model.movie_factors.T).max() < 0.05


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads() -> None:
    trainset = trainset_of(taste_rows())
    with threadpool_limits(1):
        one = fit_bayesian(Rated(trainset), BAYESIAN, seed=1)
    with threadpool_limits(2):
        two = fit_bayesian(Rated(trainset), BAYESIAN, seed=1)
    assert bytes_of(one) == bytes_of(two)
    assert bytes_of(one) != bytes_of(fit_bayesian(Rated(trainset), BAYESIAN, seed=2))


def test_who_rated_nothing_and_what_nobody_rated_have_zeros() -> None:
    data = training_data(taste_rows(), [(99, "film+00+2000", 50, 60), (1, "unrated+2001", 50, 61)])
    trainset = make_trainset(data.interactions)
    model = fit_ratings(Rated(trainset), TRAIN)
    user, movie = trainset.user_ids.tolist().index(99), trainset.movie_ids.index("unrated+2001")
    assert not model.user_factors[user].any()
    assert not model.movie_factors[movie].any()
    assert model.predict(np.array([user]), np.array([movie])) == pytest.approx([model.mean])


@pytest.mark.parametrize("rated", [[], [5.0], [5.0, 1.0], [4.0, 4.0]])
def test_of_hardly_any_rating_little_is_made(rated: list[float]) -> None:
    rows: list[RatingRow] = [(1, f"film+{place}", rating, place) for place, rating in enumerate(rated)]
    watches = [(user, movie, 50, 60) for user in (1, 2) for movie in ("other+1", "other+2")]
    trainset = make_trainset(training_data(rows, watches).interactions)
    model = fit_ratings(Rated(trainset), TRAIN)
    predicted = model.predict(np.array([0, 1]), np.array([0, 0]))
    assert np.isfinite(predicted).all()
    assert predicted[1] == pytest.approx(np.mean(rated) if rated else 3.0, abs=1.0)
    assert all(np.isfinite(getattr(model, name)).all() for name in ARRAYS)


def test_identical_ratings_are_predicted() -> None:
    trainset = trainset_of([(user, movie, 4, place) for user in (1, 2) for place, movie in enumerate("abc")])
    model = fit_bayesian(Rated(trainset), BAYESIAN, seed=1)
    assert model.predict(np.array([0, 1]), np.array([2, 0])) == pytest.approx([4, 4], abs=0.01)


def test_what_is_served_is_the_mean_of_both_predictions() -> None:
    trainset = trainset_of(taste_rows())
    users, movies = (part.astype(np.intp) for part in (trainset.users, trainset.movies))
    svd = fit_svd(trainset, TRAIN.svd, TRAIN.seed)
    bayesian = fit_bayesian(Rated(trainset), TRAIN.bayesian, TRAIN.seed)
    both = (svd.predict(users, movies) + bayesian.predict(users, movies)) / 2
    within = (both > 1.2) & (both < 4.8)  # each prediction alone is brought into the scale
    served = fit_ratings(Rated(trainset), TRAIN).predict(users, movies)
    assert served[within] == pytest.approx(both[within], abs=1e-5)


def test_the_mean_of_a_model_and_itself_is_that_model() -> None:
    trainset = trainset_of(taste_rows())
    model = fit_svd(trainset, TRAIN.svd, seed=1)
    users, movies = (part.astype(np.intp) for part in (trainset.users, trainset.movies))
    twice = mean_of(model, model)
    assert twice.predict(users, movies) == pytest.approx(model.predict(users, movies), abs=1e-5)


@pytest.mark.parametrize(
    ("ratings", "passes"), [(1, 80), (100_000, 50), (1_000_000, 5), (500_000, 10), (25_000_000, 5)]
)
def test_many_ratings_are_gone_over_less_often(ratings: int, passes: int) -> None:
    assert passes_over(ratings, SHIPPED.train.bayesian) == passes


@pytest.mark.parametrize(("ratings", "epochs"), [(1, 25), (400_000, 25), (800_000, 12), (25_000_000, 5)])
def test_svd_goes_over_many_ratings_less_often(ratings: int, epochs: int) -> None:
    assert epochs_over(ratings, SHIPPED.train.svd) == epochs


def test_svd_is_fitted_in_so_many_epochs() -> None:
    trainset = trainset_of(taste_rows())
    count = int(trainset.is_rated.sum())
    few = replace(TRAIN.svd, epochs_min=1, ratings_max=3 * count)
    three = fit_svd(trainset, replace(TRAIN.svd, epochs=3), seed=1)
    assert bytes_of(fit_svd(trainset, few, seed=1)) == bytes_of(three)
    assert bytes_of(fit_svd(trainset, TRAIN.svd, seed=1)) != bytes_of(three)
