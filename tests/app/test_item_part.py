"""Scores with an item part: what the formula in `app.model_format` says, however they are computed."""

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from app.artifact import Model
from app.recommender import Recommender
from tests.support.models import Size, make_arrays, make_details, make_movies

SIZE = Size(neighbours=8)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw a small model with any mixture of its parts."""
    size = Size(
        users=draw(st.integers(1, 5)),
        movies=draw(st.integers(1, 30)),
        rank_factors=2,
        rating_factors=1,
        stored=0,
        seen_per_user=draw(st.integers(0, 6)),
        neighbours=draw(st.integers(0, 12)),
        min_events=0,
    )
    arrays = make_arrays(size, draw(st.integers(0, 9)))
    weights = st.sampled_from([0.0, 0.5, -1.0, 3.0])
    changed = {
        "user_blend": [draw(st.sampled_from([(0, 0), (1, 0.2), (0, 2)])) for _ in range(size.users)],
        "user_item": [draw(weights) for _ in range(size.users)],
        "user_popular": [draw(weights) for _ in range(size.users)],
    }
    arrays |= {name: np.array(values, dtype="f4") for name, values in changed.items()}
    return Model(make_details(size, "1"), arrays, make_movies(size))


def plain_scores(model: Model, row: int) -> npt.NDArray[np.float64]:
    """Score by the definition, in float64."""
    arrays = {
        name: array.astype("f8") if array.dtype == "f4" else array for name, array in model.arrays.items()
    }
    cut, items, user = (
        model.manifest["scalars"]["rank_factors"],
        arrays["item_factors"],
        arrays["user_factors"],
    )
    rank_weight, rating_weight = arrays["user_blend"][row]
    scores = rank_weight * items[:, :cut] @ user[row, :cut]
    scores += rating_weight * (items[:, cut:-1] @ user[row, cut:] + items[:, -1])
    for place in range(*arrays["seen_indptr"][row : row + 2]):
        movie = arrays["seen_items"][place]
        for entry in range(*arrays["item_indptr"][movie : movie + 2]):
            weight = arrays["user_item"][row] * arrays["seen_strength"][place]
            scores[arrays["item_neighbours"][entry]] += weight * arrays["item_weights"][entry]
    scores += arrays["user_popular"][row] * arrays["item_popular_score"]
    return np.asarray(scores)


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


def _none_stored(arrays: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {**arrays, "user_list_row": np.full(SIZE.users, -1, dtype="i4")}
