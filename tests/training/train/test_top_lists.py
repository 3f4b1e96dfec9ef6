"""The best of each row: in order, equal ones in theirs, and none that is hidden."""

import numpy as np
import pytest

from auto_deployment.training.train.top_lists import best_rows


@pytest.mark.parametrize("n", [1, 4, 9, 12])
def test_the_best_are_those_of_a_stable_order(n: int) -> None:
    rng = np.random.default_rng(5)
    scores = (rng.integers(-3, 4, (40, 9)) / 3).astype(np.float32)
    scores[scores == 0] = rng.choice([0.0, -0.0], np.count_nonzero(scores == 0))
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    hidden = np.take_along_axis(scores, expected, axis=1) == -np.inf
    assert best_rows(scores, n).tolist() == np.where(hidden, -1, expected).tolist()


@pytest.mark.parametrize("steps", [2, 300, 1_000_000])
@pytest.mark.parametrize("n", [1, 10, 101])
def test_of_many_movies_the_best_are_the_same(steps: int, n: int) -> None:
    rng = np.random.default_rng(steps)
    scores = (rng.integers(-steps, steps, (40, 1501)) / np.float32(7)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    hidden = np.take_along_axis(scores, expected, axis=1) == -np.inf
    assert best_rows(scores, n).tolist() == np.where(hidden, -1, expected).tolist()


def test_no_rows_have_no_lists() -> None:
    assert best_rows(np.zeros((0, 5), dtype=np.float32), 3).shape == (0, 3)
