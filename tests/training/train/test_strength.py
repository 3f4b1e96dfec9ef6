"""How much interactions say, and what of that still counts."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array, vstack

from auto_deployment.training.train.strength import faded, liked, singular_values, strength, told_strength
from auto_deployment.training.train.trainset import make_trainset
from tests.support.training import SHIPPED, RatingRow, WatchRow, training_data


def strengths(ratings: list[RatingRow], watches: list[WatchRow]) -> list[float]:
    return [float(one) for one in strength(make_trainset(training_data(ratings, watches).interactions), 2.0)]


def test_a_better_rating_is_stronger() -> None:
    found = strengths([(1, "a", 1, 1), (1, "b", 3, 2), (1, "c", 5, 3), (2, "a", 4, 4)], [])
    assert found == pytest.approx([0, 0.25, 1, 0.5625])


def test_a_longer_watch_is_stronger() -> None:
    assert strengths([], [(1, "a", 25, 1), (1, "b", 100, 2), (2, "a", 1, 3)]) == pytest.approx(
        [0.25, 1, 0.01]
    )


def test_a_rating_and_a_watch_count_half_each() -> None:
    assert strengths([(1, "a", 5, 1), (2, "b", 1, 1)], [(1, "a", 50, 2), (2, "b", 100, 2)]) == pytest.approx(
        [0.75, 0.5]
    )


def test_of_a_watch_instances_are_told_only_that_it_was_nearly_finished() -> None:
    ratings, watches = [(1, "a", 3.0, 1)], [(1, "a", 50, 2), (1, "b", 79, 2), (2, "a", 80, 2)]
    trainset = make_trainset(training_data(ratings, watches).interactions)
    assert told_strength(trainset, 2.0, SHIPPED.prepare).tolist() == pytest.approx([0.25, 0, 1])
    assert strength(trainset, 2.0).tolist() == pytest.approx([0.375, 0.79, 0.8])


def test_an_event_counts_half_after_so_many_later_ones_of_the_same_user() -> None:
    rows = [(1, "a", 5.0, 1), (1, "b", 5.0, 2), (1, "c", 5.0, 3), (2, "a", 5.0, 1)]
    trainset = make_trainset(training_data(rows).interactions)
    assert trainset.age().tolist() == [2, 1, 0, 0]
    weights = np.array([0.8, 0.8, 0.8, 0.4], dtype=np.float32)
    assert faded(weights, trainset.age(), 1) == pytest.approx([0.2, 0.4, 0.8, 0.4])
    assert faded(weights, trainset.age(), None) is weights


def test_what_says_nothing_is_not_among_the_likes() -> None:
    trainset = make_trainset(training_data([(1, "a", 1, 1), (1, "b", 5, 2), (2, "a", 5, 3)]).interactions)
    likes = liked(trainset, strength(trainset, 2.0))
    assert likes.nnz == 2
    assert likes.toarray().tolist() == [[0, 1], [1, 0]]


def test_singular_values_grow_with_the_data() -> None:
    matrix = csr_matrix(random_array((60, 40), density=0.3, rng=np.random.default_rng(1), dtype=np.float32))
    expected = np.linalg.svd(matrix.toarray(), compute_uv=False)
    assert singular_values(matrix, (2, 6), seed=1) == pytest.approx(expected[[1, 5]], rel=1e-3)
    four_times = vstack([matrix] * 4).tocsr()
    assert singular_values(four_times, (6,), seed=1) == pytest.approx([2 * expected[5]], rel=1e-3)


@pytest.mark.parametrize("shape", [(900, 700), (700, 900)])
def test_singular_values_are_found_among_those_of_noise(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    matrix = csr_matrix(random_array(shape, density=0.02, rng=rng, dtype=np.float32))
    expected = np.linalg.svd(matrix.toarray(), compute_uv=False)
    of_20, of_50 = singular_values(matrix, (20, 50), seed=1)
    assert of_20 == pytest.approx(expected[19], rel=2e-3)
    assert of_50 == pytest.approx(expected[49], rel=1e-2)


@pytest.mark.parametrize("shape", [(2, 2), (2, 9), (30, 3)])
def test_a_small_matrix_has_a_last_singular_value(shape: tuple[int, int]) -> None:
    of_one, of_many = singular_values(csr_matrix(np.ones(shape, dtype=np.float32)), (1, 20), seed=1)
    assert of_one == pytest.approx(np.sqrt(shape[0] * shape[1]), rel=1e-3)
    assert 0 <= of_many <= of_one


def test_nothing_has_singular_values_of_zero() -> None:
    assert singular_values(csr_matrix((3, 4), dtype=np.float32), (1, 2), seed=1) == (0, 0)
