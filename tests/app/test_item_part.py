"""Scores with an item part: what the formula in `app.model_format` says, however they are computed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.artifact import Model, load
from app.model_format import without_item_part
from app.recommender import PERSONAL, Answer, Recommender
from app.scoring.item_part import ItemPart
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


@pytest.mark.parametrize("user", [1, 10, 999])
def test_what_is_stored_is_read_and_not_scored(
    item_model_dir: Path, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    recommender = Recommender(load(item_model_dir))

    def scored(*_: object) -> None:
        raise AssertionError("a stored list needs no scores")

    for name in ("scores", "reasons", "spoken_for"):
        monkeypatch.setattr(ItemPart, name, scored)
    assert len(recommender.recommend(user).rows) == 20
    with pytest.raises(AssertionError):
        recommender.recommend(31)


@settings(max_examples=60)
@given(models())
def test_reasons_are_the_movies_of_the_user_that_speak_most_with_their_share(model: Model) -> None:
    recommender, arrays = Recommender(model), model.arrays
    weights = dense_weights(model)
    for row in range(len(arrays["user_ids"])):
        answer = recommender.recommend(row + 1, 10)
        begin, end = arrays["seen_indptr"][row : row + 2]
        own = arrays["seen_items"][begin:end]
        strength = arrays["seen_strength"][begin:end].astype("f8") * arrays["user_item"][row]
        reasons = recommender.reasons(row, answer)
        assert reasons is not None
        for movie, found in zip(answer.rows, reasons, strict=True):
            speaks = np.maximum(strength * weights[own, movie], 0)
            shares = speaks / max(speaks.sum(), 1e-300)
            wanted = np.round(np.sort(shares)[::-1][:3], 3)
            assert [share for _, share in found] == [share for share in wanted.tolist() if share > 0]
            for one, share in found:
                assert share in np.round(shares[own == one], 3)


def test_a_popular_list_has_no_reasons_and_one_by_factors_alone_has_none_to_tell() -> None:
    arrays = make_arrays(SIZE)
    recommender = Recommender(Model(make_details(SIZE, "1"), arrays, make_movies(SIZE)))
    assert recommender.reasons(None, recommender.recommend(999)) is None
    assert recommender.reasons(9, recommender.recommend(10)) is None, "user 10 has too few events"
    assert arrays["user_item"][4] == 0
    assert recommender.reasons(4, Answer([5, 6], PERSONAL)) == [[], []]


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


def dense_weights(model: Model) -> npt.NDArray[np.float32]:
    """Return B in full."""
    arrays = model.arrays
    weights = np.zeros((len(model.movies.ids),) * 2, dtype="f4")
    movies = np.repeat(np.arange(len(weights)), np.diff(arrays["item_indptr"]))
    weights[movies, arrays["item_neighbours"]] = arrays["item_weights"]
    return weights


def _none_stored(arrays: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {**arrays, "user_list_row": np.full(SIZE.users, -1, dtype="i4")}
