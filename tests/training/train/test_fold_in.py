"""A user met after the training, beside the same one as training would have solved for him."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from app.recommender import Recommender
from app.scoring.item_part import Later
from app.scoring.own import Weights
from auto_deployment.training.train.choose.choice import plain_choice
from auto_deployment.training.train.engines.port import Parts
from auto_deployment.training.train.fit import assemble
from auto_deployment.training.train.item_model import fit_items
from auto_deployment.training.train.ranking_model import MovieFactors, RankingModel
from auto_deployment.training.train.rating_models import RatingModel
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import make_trainset
from tests.support.training import movies_frame, small_params, tastes, training_data

HOW = small_params().train


def fitted() -> tuple[Recommender, MovieFactors]:
    trainset = make_trainset(training_data(tastes()).interactions)
    likes = liked(trainset, strength(trainset, HOW.rating_power))
    (value,) = singular_values(likes, (HOW.als.spectrum_rank,), HOW.seed)
    movies = MovieFactors(likes, value, HOW.als, HOW.seed)
    ranking = RankingModel(movies.of_users(likes), movies.factors, movies.regularization)
    users, films = (np.zeros(count, dtype=np.float32) for count in likes.shape)
    unrated = RatingModel(3.0, users, films, users[:, np.newaxis], films[:, np.newaxis])
    parts = Parts(ranking, unrated, fit_items(likes, value, HOW.items), plain_choice(0.0, 1))
    model = assemble(trainset, movies_frame(trainset.movie_ids), parts, HOW).as_model()
    return Recommender(model), movies


def test_somebody_new_is_scored_as_training_would_have_scored_him() -> None:
    recommender, movies = fitted()
    liking = np.array([1.0, 1.0, 0.5, 0.05])
    history = csr_matrix(
        (liking.astype(np.float32), ([0] * 4, [7, 30, 2, 90])), shape=(1, len(movies.factors))
    )
    scores = (movies.of_users(history) @ movies.factors.T)[0]
    found = recommender.own.scores(None, Later([7, 30, 2, 90], liking, liking, 1.0), Weights(1, 0, 0))
    assert found == pytest.approx(scores / scores.std(), abs=1e-3)
