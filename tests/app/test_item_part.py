"""Scores with an item part: what the formula in `app.model_format` says, however they are computed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

from app.artifact import Model, load
from app.model_format import without_item_part
from app.recommender import Recommender
from app.scoring.item_part import ItemPart
from tests.support.mixed_models import dense_weights, models, plain_scores
from tests.support.models import Size, make_arrays, make_details, make_movies

SIZE = Size(neighbours=8)


@settings(max_examples=60)
@given(models())
def test_scores_are_what_the_formula_gives(model: Model) -> None:
    recommender = Recommender(model)
    for row in range(len(model.arrays["user_ids"])):
        wanted = plain_scores(model, row)
        everything = list(range(len(wanted)))
        np.testing.assert_allclose(recommender.score_rows(row, everything), wanted, rtol=1e-5, atol=1e-5)
        wanted[recommender.seen_rows(row)] = -np.inf
        np.testing.assert_allclose(recommender.scores(row), wanted, rtol=1e-5, atol=1e-5)


def test_a_model_without_an_item_part_scores_to_the_bit_as_by_its_factors() -> None:
    arrays = make_arrays(Size())
    recommender = Recommender(Model(make_details(Size(), "1"), arrays, make_movies(Size())))
    for row in range(Size().users):
        vector = arrays["user_factors"][row] * np.repeat(arrays["user_blend"][row], [6, 4])
        vector = np.append(vector, arrays["user_blend"][row, 1])
        wanted = arrays["item_factors"] @ vector
        wanted[recommender.seen_rows(row)] = -np.inf
        assert np.array_equal(recommender.scores(row), wanted)


def test_a_list_is_that_of_the_scores_with_an_item_part_too() -> None:
    arrays = make_arrays(SIZE)
    model = Model(make_details(SIZE, "1"), _none_stored(arrays), make_movies(SIZE))
    recommender = Recommender(model)
    for row in range(9):
        scores = plain_scores(model, row)
        scores[recommender.seen_rows(row)] = -np.inf
        assert recommender.recommend(row + 1, 20).rows == np.argsort(-scores)[:20].tolist()


@pytest.mark.parametrize("user", [1, 10, 999])
def test_what_is_stored_is_read_and_not_scored(
    item_model_dir: Path, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    recommender = Recommender(load(item_model_dir))

    def scored(*_: object) -> None:
        raise AssertionError("a stored list needs no scores")

    for name in ("scores", "amounts", "spoken_for"):
        monkeypatch.setattr(ItemPart, name, scored)
    assert len(recommender.recommend(user).rows) == 20
    with pytest.raises(AssertionError):
        recommender.recommend(31)


def test_similar_movies_are_those_that_a_watch_speaks_for_then_the_closest() -> None:
    arrays = make_arrays(SIZE)
    model = Model(make_details(SIZE, "1"), arrays, make_movies(SIZE))
    recommender, weights = Recommender(model), dense_weights(model)
    by_factors = Recommender(replace(model, arrays={**arrays, **without_item_part(arrays)}))
    for movie, name in enumerate(recommender.movie_ids):
        spoken_for = [one for one in np.argsort(-weights[movie]).tolist() if weights[movie, one] > 0]
        spoken_for = [one for one in spoken_for if one != movie]
        others, cosines = by_factors.similar(name, SIZE.movies)
        order = spoken_for + [one for one in others if one not in spoken_for]
        for n in (1, 3, 20):
            rows, scores = recommender.similar(name, n)
            assert rows == order[:n]
            assert scores.tolist() == sorted(scores.tolist(), reverse=True)
            np.testing.assert_array_equal(scores[: len(spoken_for)], weights[movie, spoken_for[:n]])
        if len(spoken_for) < 20:
            last = weights[movie, spoken_for[-1]] if spoken_for else 1
            place = others.index(rows[-1])
            assert scores[-1] == pytest.approx(cosines[place] * last, rel=1e-6)


def _none_stored(arrays: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {**arrays, "user_list_row": np.full(SIZE.users, -1, dtype="i4")}
