"""Scores of somebody new: factors solved for what is known of him, items, popularity."""

from pathlib import Path

import numpy as np
import pytest

from app.artifact import load
from app.recommender import Recommender
from app.scoring.equations import UserEquations
from app.scoring.item_part import Later
from app.scoring.own import OwnScores, Weights

FITTED = {"als_regularization": 3.0, "als_confidence_gain": 10.0}


@pytest.fixture(scope="module")
def recommender(item_model_dir: Path) -> Recommender:
    return Recommender(load(item_model_dir))


@pytest.fixture(scope="module")
def own(recommender: Recommender) -> OwnScores:
    model = recommender.model
    equations = UserEquations.of({**model.manifest["scalars"], **FITTED}, model.arrays)
    return OwnScores(recommender.item_part, equations)


def liked(movies: list[int], liking: list[float]) -> Later:
    return Later(movies, np.array(liking), np.array(liking), 1.0)


def test_factors_are_those_of_least_squares(recommender: Recommender, own: OwnScores) -> None:
    movies = recommender.model.arrays["item_factors"][
        :, : recommender.model.manifest["scalars"]["rank_factors"]
    ]
    movies = movies.astype(np.float64)
    confidence = np.ones(len(movies))
    confidence[[3, 8]] = 10, 5
    wanted = np.zeros(len(movies))
    wanted[[3, 8]] = 1
    # Least squares in its plain form: a row a movie, and one a factor that is drawn to nothing.
    rows = np.vstack([movies * np.sqrt(confidence)[:, None], np.sqrt(3.0) * np.eye(movies.shape[1])])
    goal = np.concatenate([wanted * np.sqrt(confidence), np.zeros(movies.shape[1])])
    scores = movies @ np.linalg.lstsq(rows, goal)[0]
    found = own.scores(None, liked([3, 8, 5], [1.0, 0.5, 0.05]), Weights(1, 0, 0))
    assert found == pytest.approx(scores / scores.std(), abs=1e-4)


def test_parts_have_their_weights(recommender: Recommender, own: OwnScores) -> None:
    new = liked([3, 8], [1.0, 0.5])
    factors, items = (own.scores(None, new, Weights(*one, 0)) for one in ((1, 0), (0, 1)))
    assert factors is not None
    assert items is not None
    assert factors.std() == pytest.approx(1)
    assert items.std() == pytest.approx(1)
    popular = recommender.model.arrays["item_popular_score"]
    assert own.scores(None, new, Weights(0.25, 0.75, 2)) == pytest.approx(
        factors / 4 + 0.75 * items + 2 * popular
    )


def test_what_titles_add_adds_up_to_the_score(recommender: Recommender, own: OwnScores) -> None:
    new, weights = liked([3, 8, 5], [1.0, 0.5, 0.05]), Weights(0.25, 0.75, 0)
    rows = [0, 7, 11, 20]
    scores, amounts = own.scores(None, new, weights), own.amounts(None, rows, new, weights)
    assert scores is not None
    assert amounts.shape == (4, 3)
    assert amounts.sum(axis=1) == pytest.approx(scores[rows], abs=1e-5)


def test_of_somebody_who_liked_nothing_nothing_is_said(own: OwnScores) -> None:
    assert own.scores(None, liked([], []), Weights(0.5, 0.5, 1)) is None
    assert own.scores(None, liked([3], [0.0]), Weights(0.5, 0.5, 1)) is None
    assert own.scores(None, liked([3], [0.09]), Weights(1, 0, 1)) is None  # not liked enough for factors


def test_a_model_that_does_not_say_how_factors_are_solved_has_none(recommender: Recommender) -> None:
    assert recommender.own.scores(None, liked([3], [1.0]), Weights(1, 0, 0)) is None
