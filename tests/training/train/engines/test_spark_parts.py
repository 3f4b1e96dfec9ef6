"""What Spark's workers compute, held against the local engine; tests/cluster has real workers."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from app.scoring.equations import UserEquations
from auto_deployment.training.params import SparkParams
from auto_deployment.training.train import item_model
from auto_deployment.training.train.engines.spark import factors, items, ratings, work
from auto_deployment.training.train.engines.spark.blocks import blocks_of, cut
from auto_deployment.training.train.engines.spark.session import Jobs
from auto_deployment.training.train.ranking_model import fit_als
from auto_deployment.training.train.rating_models import Rated, fit_bias
from auto_deployment.training.train.strength import liked, singular_values, strength
from auto_deployment.training.train.trainset import Trainset, make_trainset
from tests.support.fake_spark import FakeJobs
from tests.support.training import small_params, taste_rows, training_data

TRAIN = small_params().train
SMALL = SparkParams(block_events=100)


@pytest.fixture(scope="module")
def trainset() -> Trainset:
    return make_trainset(training_data(taste_rows()).interactions)


@pytest.fixture(scope="module")
def likes(trainset: Trainset) -> csr_matrix:
    return liked(trainset, strength(trainset, TRAIN.rating_power))


@pytest.fixture
def jobs() -> Jobs:
    return cast(Jobs, FakeJobs())


@given(st.lists(st.integers(0, 7), min_size=1, max_size=40), st.integers(1, 30))
def test_blocks_are_whole_users_and_everybody_is_in_one(counts: list[int], events: int) -> None:
    indptr = np.concatenate([[0], np.cumsum(counts)])
    found = cut(indptr, events)
    assert [row for start, end in found for row in range(start, end)] == list(range(len(counts)))
    assert all(indptr[end] - indptr[start] <= events + 2 * max(counts) for start, end in found)


def test_what_is_in_blocks_is_the_whole(likes: csr_matrix) -> None:
    blocks = list(blocks_of(likes, 100))
    assert len(blocks) > 3
    assert np.concatenate([one.data for one in blocks]).tolist() == likes.data.tolist()
    assert [one.number for one in blocks] == list(range(len(blocks)))


@pytest.mark.parametrize("tile", [7, 1024])
def test_items_are_those_of_the_local_engine(
    likes: csr_matrix, jobs: Jobs, monkeypatch: pytest.MonkeyPatch, tile: int
) -> None:
    monkeypatch.setattr(work, "TILE", tile)
    (value,) = singular_values(likes, (TRAIN.items.spectrum_rank,), 1)
    mine = items.fit_items(jobs, likes, TRAIN.items, SMALL, 1)
    other = item_model.fit_items(likes, value, TRAIN.items)
    assert np.abs((mine - other).toarray()).max() < 2e-3 * np.abs(other.data).max()


def test_only_the_most_liked_movies_take_part(likes: csr_matrix, jobs: Jobs) -> None:
    few = replace(TRAIN.items, movies=5)
    found = items.fit_items(jobs, likes, few, SMALL, 1)
    assert set(found.nonzero()[0]) <= set(item_model.most_liked(likes, 5).tolist())
    assert items.fit_items(jobs, likes[:1], TRAIN.items, SMALL, 1).nnz == 0


def test_factors_solve_the_local_engines_equations(likes: csr_matrix, jobs: Jobs) -> None:
    model = factors.fit_factors(jobs, likes, TRAIN.als, SMALL, 1)
    (value,) = singular_values(likes, (TRAIN.als.spectrum_rank,), 1)
    local = fit_als(likes, value, TRAIN.als, 1)
    movies = model.movie_factors
    assert model.regularization == local.regularization
    equations = UserEquations(movies, TRAIN.als.confidence_gain, model.regularization)
    for user in range(0, likes.shape[0], 9):
        own = likes[user]
        sums = equations.sums(own.indices.tolist(), own.data.astype(np.float64))
        mine = movies @ model.user_factors[user]
        assert mine == pytest.approx(np.zeros(len(movies)) if sums is None else sums, abs=1e-5)
    scores = model.user_factors @ movies.T, local.user_factors @ local.movie_factors.T
    assert np.corrcoef(scores[0].ravel(), scores[1].ravel())[0, 1] > 0.95


def test_who_liked_nothing_has_no_factors(jobs: Jobs) -> None:
    model = factors.fit_factors(jobs, csr_matrix((3, 4), dtype=np.float32), TRAIN.als, SMALL, 1)
    assert (model.user_factors.shape, model.movie_factors.shape) == ((3, 8), (4, 8))
    assert not model.user_factors.any()
    assert model.regularization == 0


def test_biases_are_those_of_the_local_baseline_and_factors_are_of_what_they_leave(
    trainset: Trainset, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def nothing(_: Jobs, entries: tuple[Any, ...], movies: int, *rest: object) -> Any:
        asked.append(entries)
        return np.zeros((movies, 3), dtype=np.float32)

    monkeypatch.setattr(ratings, "movie_factors", nothing)
    how = replace(SMALL, ratings=replace(SMALL.ratings, bias_epochs=TRAIN.bias.epochs, factors=3))
    rated = Rated(trainset)
    mine, other = ratings.fit_ratings(jobs, rated, TRAIN.bias, how, 1), fit_bias(trainset, TRAIN.bias)
    assert mine.user_bias == pytest.approx(other.user_bias, abs=1e-6)
    assert mine.movie_bias == pytest.approx(other.movie_bias, abs=1e-6)
    left = rated.rating - other.mean - other.user_bias[rated.user_rows][rated.users]
    left -= other.movie_bias[rated.movie_rows][rated.movies]
    users, movies, values = asked[0]
    told = csr_matrix((values, (users, movies))).toarray()
    assert told == pytest.approx(csr_matrix((left, (rated.users, rated.movies))).toarray(), abs=1e-5)


def test_the_factors_of_who_rated_leave_less_than_without() -> None:
    rng = np.random.default_rng(2)
    movies = rng.normal(size=(30, 3)).astype(np.float32)
    block = work.Block(
        0, 0, np.arange(0, 101, 10), rng.permuted(np.tile(np.arange(30), (10, 1)), axis=1)[:, :10].ravel(),
        np.zeros(100),
    )  # fmt: skip
    users = rng.normal(size=(10, 3))
    rows = np.repeat(np.arange(10), 10)
    block = block._replace(data=np.einsum("ij,ij->i", users[rows], movies[block.indices]))
    assert work.solved_ratings(block, movies, 1e-6) == pytest.approx(users, abs=1e-3)
    assert np.abs(work.solved_ratings(block, movies, 1.0)).sum() < np.abs(users).sum()
