"""Why a movie is in a list: shares of all that speaks for it, by the parts of the score."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

from app.artifact import Model
from app.recommender import PERSONAL, Answer, Recommender
from tests.support.explained import GAIN, REGULARIZATION, fitted_model
from tests.support.mixed_models import dense_weights, models
from tests.support.models import Size, make_arrays, make_details, make_movies

SIZE = Size(neighbours=8)


@settings(max_examples=60)
@given(models())
def test_reasons_are_the_movies_of_the_user_that_speak_most_with_their_share(model: Model) -> None:
    recommender, arrays = Recommender(model), doubles(model)
    weights = dense_weights(model)
    for row in range(len(arrays["user_ids"])):
        answer = recommender.recommend(row + 1, 10)
        begin, end = arrays["seen_indptr"][row : row + 2]
        own = arrays["seen_items"][begin:end]
        strength = arrays["seen_strength"][begin:end] * arrays["user_item"][row]
        reasons = recommender.reasons(row, answer)
        assert reasons is not None
        for movie, found in zip(answer.rows, reasons, strict=True):
            speaks = np.maximum(strength * weights[own, movie], 0)
            popular = max(arrays["user_popular"][row] * arrays["item_popular_score"][movie], 0)
            whole = max(speaks.sum() + popular + of_no_title(arrays, row, movie), 1e-300)
            wanted = np.round(np.sort(speaks / whole)[::-1][:3], 3)
            assert [share for _, share in found.titles] == [share for share in wanted.tolist() if share > 0]
            assert found.popular == round(popular / whole, 3)
            for one, share in found.titles:
                assert share in np.round(speaks[own == one] / whole, 3)


@pytest.mark.parametrize("half_life", [None, 3.0])
def test_what_titles_add_by_factors_adds_up_to_the_score(half_life: float | None) -> None:
    model = fitted_model(SIZE, half_life)
    recommender = Recommender(model)
    part = recommender.why._factor_part
    rows = list(range(SIZE.movies))
    for user in range(8):
        amounts = part.amounts(user, rows)
        assert amounts is not None
        assert amounts.shape == (SIZE.movies, SIZE.seen_per_user)
        np.testing.assert_allclose(amounts.sum(axis=1), part.scores(user, rows), rtol=1e-3, atol=1e-5)


def test_a_title_adds_what_its_confidence_is_worth_in_the_users_own_least_squares() -> None:
    """By the definition of section 5, one movie of the history after the other."""
    model = fitted_model(SIZE)
    arrays, part = doubles(model), Recommender(model).why._factor_part
    movies = arrays["item_factors"][:, : SIZE.rank_factors]
    own = arrays["seen_items"][: SIZE.seen_per_user]
    confidence = GAIN * arrays["seen_strength"][: SIZE.seen_per_user]
    gram = movies.T @ movies + REGULARIZATION * np.eye(SIZE.rank_factors)
    for one, c in zip(own, confidence, strict=True):
        gram += (c - 1) * np.outer(movies[one], movies[one]) * (c >= 1)
    inverse = np.linalg.inv(gram)
    amounts = part.amounts(0, [5, 6])
    assert amounts is not None
    for place, (one, c) in enumerate(zip(own, confidence, strict=True)):
        wanted = c * movies[[5, 6]] @ inverse @ movies[one] * (c >= 1)
        wanted *= arrays["user_blend"][0, 0]
        np.testing.assert_allclose(amounts[:, place], wanted, rtol=1e-3, atol=1e-6)
    assert (confidence < 1).any(), "some are left out"


def test_a_list_by_factors_alone_names_titles_of_the_users_own() -> None:
    model = fitted_model(SIZE)
    model.arrays["user_item"][:] = 0
    model.arrays["user_popular"][:] = 0
    recommender = Recommender(model)
    reasons = recommender.reasons(0, recommender.recommend(1))
    assert reasons is not None
    assert all(why.titles and why.popular == 0 for why in reasons)
    seen = set(recommender.seen_rows(0).tolist())
    assert {title for why in reasons for title, _ in why.titles} <= seen


def test_factors_that_are_not_of_this_history_name_nobody() -> None:
    model = fitted_model(SIZE)
    model.arrays["user_item"][:] = 0
    model.arrays["user_factors"][0] += 1
    why = Recommender(model).reasons(0, Answer([5, 6], PERSONAL))
    assert why is not None
    assert [one.titles for one in why] == [[], []]


def test_a_popular_list_has_no_reasons_and_an_older_model_tells_none_of_its_factors() -> None:
    arrays = make_arrays(SIZE)
    recommender = Recommender(Model(make_details(SIZE, "1"), arrays, make_movies(SIZE)))
    assert recommender.reasons(None, recommender.recommend(999)) is None
    assert recommender.reasons(9, recommender.recommend(10)) is None, "user 10 has too few events"
    assert arrays["user_item"][4] == 0
    why = recommender.reasons(4, Answer([5, 6], PERSONAL))
    assert why is not None
    assert [one.titles for one in why] == [[], []]


def doubles(model: Model) -> dict[str, npt.NDArray[Any]]:
    return {
        name: array.astype("f8") if array.dtype == "f4" else array for name, array in model.arrays.items()
    }


def of_no_title(arrays: dict[str, npt.NDArray[Any]], row: int, movie: int) -> float:
    """Return what factors say that nobody can tell, each part where it speaks for the movie."""
    cut = 2
    factors, user = arrays["item_factors"][movie], arrays["user_factors"][row]
    rank, rating = arrays["user_blend"][row]
    by_rank, by_rating = (
        rank * factors[:cut] @ user[:cut],
        rating * (factors[cut:-1] @ user[cut:] + factors[-1]),
    )
    return float(max(by_rank, 0) + max(by_rating, 0))
