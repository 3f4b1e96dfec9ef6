"""Cutting the training part once more."""

from dataclasses import replace

import numpy as np
import pytest

from auto_deployment.dataset.arrays import Float32Array, Float64Array
from auto_deployment.training.prepare.interactions import is_liked
from auto_deployment.training.train.choose.cases import Facts
from auto_deployment.training.train.choose.cut import is_later
from auto_deployment.training.train.choose.fold import FIRST_EVENTS, LAST_EVENTS, Fold
from auto_deployment.training.train.choose.shortlist import (
    FACTORS,
    POPULAR,
    Part,
    items_with,
    make_shortlists,
)
from auto_deployment.training.train.strength import strength, told_strength
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.training import small_params, taste_rows, training_data

PARAMS = small_params()


@pytest.fixture
def trainset() -> Trainset:
    return make_trainset(training_data(taste_rows()).interactions)


@pytest.fixture
def facts(trainset: Trainset) -> Facts:
    likes = strength(trainset, PARAMS.train.rating_power)
    told = told_strength(trainset, PARAMS.train.rating_power, PARAMS.prepare)
    return Facts(likes, told, is_liked(trainset.rating, trainset.watched, PARAMS.prepare))


@pytest.fixture
def fold(trainset: Trainset, facts: Facts) -> Fold:
    return Fold(trainset, facts, "per_user", 0.3, PARAMS.train)


def test_a_global_cut_stays_one_however_few_users_are_on_both_sides(trainset: Trainset) -> None:
    later = is_later(trainset, "global", 0.2, 1)
    assert trainset.time_us[later].min() > trainset.time_us[~later].max()
    assert later.mean() == pytest.approx(0.2, abs=0.01)


def test_a_cut_per_user_holds_out_the_last_events_of_each(trainset: Trainset) -> None:
    later = is_later(trainset, "per_user", 0.2, 1)
    for user in range(len(trainset.user_ids)):
        own = trainset.users == user
        assert later[own].tolist() == sorted(later[own].tolist())
        assert later[own].sum() == 2


def test_a_random_cut_holds_out_the_share_of_each_user(trainset: Trainset) -> None:
    later = is_later(trainset, "random", 0.2, 1)
    assert np.bincount(trainset.users[later]).tolist() == [2] * 60
    assert not np.array_equal(later, is_later(trainset, "per_user", 0.2, 1))
    assert np.array_equal(later, is_later(trainset, "random", 0.2, 1))


def test_no_history_holds_what_is_to_come(fold: Fold) -> None:
    cases = fold.cases
    assert not cases.weights.multiply(cases.relevant).nnz
    assert (cases.events > 0).all()
    assert (cases.relevant_count > 0).all()


def test_newcomers_are_met_with_their_first_events_and_are_in_no_fit(trainset: Trainset, fold: Fold) -> None:
    events = fold.cases.events[fold.cases.is_newcomer]
    assert sorted(set(events.tolist())) == list(FIRST_EVENTS)
    assert np.bincount(events)[1] <= 0.2 * len(trainset.user_ids)
    fitted = fold.movies.of_users(fold.cases.weights)
    assert fitted.shape == (len(fold.cases.events), PARAMS.train.als.factors)


def test_arrivals_are_met_with_so_many_of_their_last_events_before_the_cut(
    trainset: Trainset, fold: Fold
) -> None:
    arrivals = fold.arrivals
    assert len(arrivals.events)
    assert set(arrivals.events.tolist()) <= set(LAST_EVENTS)
    ages = arrivals.ages.toarray().max(axis=1) + 1
    assert (ages == arrivals.events).all()
    assert not arrivals.weights.astype(bool).multiply(arrivals.relevant).nnz


def test_what_arrivals_saw_before_is_on_no_list_of_theirs(trainset: Trainset, fold: Fold) -> None:
    arrivals = fold.arrivals
    met_with_one = np.flatnonzero(arrivals.events == 1)
    assert len(met_with_one)
    before = trainset.events_per_user()[0] - int(0.3 * trainset.events_per_user()[0])
    assert (np.diff(arrivals.seen.indptr)[met_with_one] == before).all()
    assert not arrivals.seen.multiply(arrivals.relevant).nnz
    lists = make_shortlists(fold, arrivals, (None,))
    hits = (lists.is_usable & lists.is_hit).sum(axis=1)
    assert hits.max() > 0
    assert (lists.is_usable.sum(axis=1) <= len(trainset.movie_ids) - np.diff(arrivals.seen.indptr)).all()


def test_of_more_users_than_wanted_some_are_drawn(trainset: Trainset, facts: Facts) -> None:
    how = replace(PARAMS.train.choose, fit_users=40, newcomers=0, users=25)
    cases = Fold(trainset, facts, "per_user", 0.3, replace(PARAMS.train, choose=how)).cases
    assert len(cases.events) == 25


def test_shortlists_rank_as_all_movies_do(fold: Fold) -> None:
    lists = make_shortlists(fold, fold.cases, (None, 10))
    # Where nothing is known all movies are equal, and any of them may come first.
    known = fold.movies.of_users(fold.cases.histories(None)).any(axis=1)
    blends: list[dict[Part, float]] = [
        {FACTORS: 1.0},
        {FACTORS: 0.3, items_with(10): 0.7, POPULAR: 0.5},
    ]
    for weights in blends:
        assert lists.ndcg(weights)[known] == pytest.approx(_of_all_movies(fold, weights)[known])


def _of_all_movies(fold: Fold, weights: dict[Part, float]) -> Float64Array:
    cases = fold.cases
    factors = fold.movies.of_users(cases.histories(None)) @ fold.movies.factors.T
    parts: dict[Part, Float32Array] = {FACTORS: factors, POPULAR: np.tile(fold.popular, (len(factors), 1))}
    parts |= {items_with(one): (cases.histories(one) @ fold.items).toarray() for one in (None, 10)}
    found = []
    for case, relevant in enumerate(cases.relevant.toarray() > 0):
        total = np.zeros(len(relevant))
        for part, weight in weights.items():
            scores = parts[part][case]
            total += weight * scores / (scores.std() or 1 if part != POPULAR else 1)
        total[cases.weights[case].indices] = -np.inf
        hits = relevant[np.argsort(-total, kind="stable")[:10]]
        discount = 1 / np.log2(np.arange(10) + 2)
        found.append(float((hits * discount).sum() / discount[: relevant.sum()].sum()))
    return np.array(found)
