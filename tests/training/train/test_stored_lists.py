"""Lists computed for many users at once, as they would be computed for one."""

from dataclasses import replace

import numpy as np
import pytest

from app.artifact import Model
from app.recommender import Recommender
from app.scoring.ordering import best
from auto_deployment.training.train.scorer import Scorer
from auto_deployment.training.train.stored_lists import store_lists
from auto_deployment.training.train.trainset import Trainset
from tests.support.models import Size, make_arrays, make_details, make_movies
from tests.support.training import small_params

LENGTH = 30


@pytest.fixture(params=[0, 20], ids=["factors alone", "with an item part"])
def size(request: pytest.FixtureRequest) -> Size:
    return Size(users=60, movies=90, stored=0, neighbours=request.param, min_events=1)


@pytest.fixture
def model(size: Size) -> Model:
    arrays = make_arrays(size)
    arrays["user_blend"][::7] = 0  # by the other parts alone
    return Model(make_details(size, "1"), arrays, make_movies(size))


def test_a_block_of_users_has_the_scores_of_each(model: Model) -> None:
    recommender, rows = Recommender(model), np.array([0, 3, 4, 7, 59])
    for row, scores in zip(rows.tolist(), Scorer(model).scores(rows), strict=True):
        scores[recommender.seen_rows(row)] = -np.inf
        np.testing.assert_allclose(scores, recommender.scores(row), rtol=1e-5, atol=1e-6)


def test_stored_lists_are_those_of_live_scores_ties_included(model: Model, size: Size) -> None:
    # Twice the same movie: nothing but the order of the rows decides between the two.
    model.arrays["item_factors"][size.movies // 2 :] = model.arrays["item_factors"][: size.movies // 2]
    params = replace(small_params().train, min_events=1)
    params = replace(params, lists=replace(params.lists, length=LENGTH, stored_users=50))
    lists = store_lists(model, trainset(model), params)
    assert np.count_nonzero(lists["user_list_row"] >= 0) == 50
    recommender = Recommender(model)
    for user, row in enumerate(lists["user_list_row"].tolist()):
        if row >= 0:
            assert lists["top_items"][row].tolist() == best(recommender.scores(user), LENGTH)


def trainset(model: Model) -> Trainset:
    """Return the events that a model's users have seen, one after another."""
    arrays = model.arrays
    users = np.repeat(np.arange(len(arrays["user_ids"]), dtype=np.int32), np.diff(arrays["seen_indptr"]))
    known = np.ones(len(users), dtype=np.float32)
    return Trainset(
        user_ids=arrays["user_ids"],
        movie_ids=list(model.movies.ids),
        users=users,
        movies=arrays["seen_items"],
        rating=known,
        watched=known,
        time_us=np.arange(len(users)),
    )
