"""Item-to-item weights, against their closed form."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array
from threadpoolctl import threadpool_limits

from auto_deployment.dataset.arrays import Float64Array
from auto_deployment.training.params import ItemParams
from auto_deployment.training.train.item_model import fit_items, keep_largest

ALL = ItemParams(spectrum_rank=3, movies=1000, kept_per_movie=1000)
VALUE = 2.0


def likes(users: int = 80, movies: int = 30, seed: int = 1) -> csr_matrix:
    rng = np.random.default_rng(seed)
    return csr_matrix(random_array((users, movies), density=0.3, rng=rng, dtype=np.float32))


def closed_form(matrix: csr_matrix, regularization: float) -> Float64Array:
    dense = matrix.toarray().astype(np.float64)
    inverse = np.linalg.inv(dense.T @ dense + regularization * np.eye(dense.shape[1]))
    weights: Float64Array = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("movies", [30, 520])  # more than one block as well
def test_weights_are_those_of_the_closed_form(movies: int) -> None:
    matrix = likes(300, movies)
    found = fit_items(matrix, VALUE, ALL)
    assert found.toarray() == pytest.approx(closed_form(matrix, VALUE**2), abs=1e-5)


def test_no_movie_speaks_for_itself_and_rows_rise() -> None:
    found = fit_items(likes(), VALUE, ALL)
    assert not found.diagonal().any()
    for row in range(found.shape[0]):
        assert (np.diff(found.indices[found.indptr[row] : found.indptr[row + 1]]) > 0).all()


def test_a_row_is_what_having_liked_its_movie_says() -> None:
    # Who liked 0 likes 1, but 1 is liked by many others: 0 says more for 1 than 1 for 0.
    liked = np.zeros((12, 3), dtype=np.float32)
    liked[:3, :2] = 1
    liked[3:, 1] = 1
    liked[6:, 2] = 1
    weights = fit_items(csr_matrix(liked), 1.0, ALL).toarray()
    assert weights[0, 1] > weights[1, 0] > 0


def test_of_all_weights_the_largest_are_kept_whichever_row_they_are_in() -> None:
    few = ItemParams(spectrum_rank=3, movies=1000, kept_per_movie=3)
    found, every = fit_items(likes(), VALUE, few), fit_items(likes(), VALUE, ALL).toarray()
    assert found.nnz == 90
    least = np.sort(np.abs(every).ravel())[-90]
    assert np.array_equal(found.toarray(), np.where(np.abs(every) >= least, every, 0))


def test_the_largest_are_the_same_whatever_the_blocks() -> None:
    values = np.random.default_rng(2).normal(size=(40, 25)).astype(np.float32)
    for size in (1, 7, 40):
        blocks = (values[start : start + size] for start in range(0, 40, size))
        kept = keep_largest(blocks, 60).toarray()
        assert np.array_equal(kept, keep_largest(iter([values]), 60).toarray())
        assert np.count_nonzero(kept) == 60


def test_only_the_most_liked_movies_have_weights() -> None:
    matrix = likes()
    users = np.diff(matrix.tocsc().indptr)
    found = fit_items(matrix, VALUE, ALL, 5)
    has_weights = np.asarray(abs(found).sum(axis=1)).ravel() > 0
    assert has_weights.sum() == 5
    assert users[has_weights].min() >= users[~has_weights].max()


def test_what_one_user_alone_liked_says_nothing() -> None:
    matrix = likes().tolil()
    matrix[:, 4] = 0
    matrix[7, 4] = 1
    found = fit_items(matrix.tocsr().astype(np.float32), VALUE, ALL).toarray()
    assert not found[4].any()
    assert not found[:, 4].any()


@pytest.mark.parametrize("matrix", [csr_matrix((3, 4), dtype=np.float32), csr_matrix(np.eye(4, dtype="f4"))])
def test_without_movies_that_two_users_liked_there_are_no_weights(matrix: csr_matrix) -> None:
    assert fit_items(matrix, 0.0, ALL).nnz == 0


def test_two_users_and_two_movies_are_enough() -> None:
    found = fit_items(csr_matrix(np.ones((2, 2), dtype=np.float32)), 0.0, ALL).toarray()
    assert found == pytest.approx(np.array([[0, 2 / 3], [2 / 3, 0]]))


def test_the_number_of_threads_changes_no_bit() -> None:
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            found.append(fit_items(likes(400, 300), VALUE, ALL).data.tobytes())
    assert found[0] == found[1]
