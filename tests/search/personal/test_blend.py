"""The order for a user: what stays first, what a weight does, and what is not known."""

import numpy as np
import pytest

from search.build import build
from search.finder import Found
from search.fusion import Kind
from search.local import LocalSearch
from search.movies import Movie
from search.personal.blend import WEIGHTS, Candidates, is_of_this_catalogue, ordered
from tests.support.search import QUICK, WordVectors, small_catalogue

FOUND = [Found(row, score) for row, score in ((4, 0.9), (9, 0.8), (2, 0.7), (7, 0.6))]


def rows(candidates: Candidates, scores: list[float | None], weight: float) -> list[int]:
    return [one.row for one in ordered(candidates, scores, weight)]


def plain(exact: int = 0) -> Candidates:
    return Candidates(Kind.FACTS, FOUND, exact)


def test_without_a_weight_or_anything_known_the_order_stays() -> None:
    assert rows(plain(), [0.0, 1.0, 2.0, 3.0], 0) == [4, 9, 2, 7]
    assert rows(plain(), [None] * 4, 1) == [4, 9, 2, 7]
    assert rows(plain(), [5.0] * 4, 1) == [4, 9, 2, 7]
    assert ordered(Candidates(Kind.FACTS, [], 0), [], 1) == []


def test_a_high_weight_orders_by_the_user_and_a_low_one_moves_neighbours_only() -> None:
    scores: list[float | None] = [0.0, 1.0, 2.0, 3.0]
    assert rows(plain(), scores, 100) == [7, 2, 9, 4]
    assert rows(plain(), scores, 0.01) == [4, 9, 2, 7]
    assert rows(plain(), [0.0, 3.0, 0.0, 0.0], 0.5) == [9, 4, 2, 7]


def test_the_order_hangs_on_no_unit_of_either_score() -> None:
    scores: list[float | None] = [0.3, 0.1, None, 0.9]
    stretched = [None if one is None else 1000 * one - 7 for one in scores]
    longer = Candidates(Kind.FACTS, [Found(one.row, 50 * one.score + 3) for one in FOUND], 0)
    for weight in (0.1, 0.5, 1, 2):
        assert rows(plain(), scores, weight) == rows(longer, stretched, weight)


def test_a_movie_that_the_model_does_not_know_counts_like_the_mean_of_the_others() -> None:
    scores: list[float | None] = [1.0, None, 3.0, 2.0]
    assert rows(plain(), scores, 0.7) == rows(plain(), [1.0, 2.0, 3.0, 2.0], 0.7 * np.sqrt(3 / 4))


def test_exact_titles_stay_first_whatever_the_user_likes() -> None:
    assert rows(plain(exact=2), [0.0, 9.0, 1.0, 8.0], 100) == [4, 9, 7, 2]
    assert rows(plain(exact=4), [0.0, 1.0, 2.0, 3.0], 100) == [4, 9, 2, 7]


@pytest.mark.parametrize(
    ("scores", "is_ours"),
    [([], False), ([None, None], False), ([1.0, None, None], False), ([1.0, None], True), ([1.0, 2.0], True)],
)
def test_a_model_of_another_catalogue_is_known_by_how_little_it_knows(
    scores: list[float | None], is_ours: bool
) -> None:
    assert is_of_this_catalogue(scores) is is_ours


@pytest.fixture(scope="module")
def search() -> LocalSearch:
    movies = [*small_catalogue(), Movie("y1", "1984", 1956, ("Drama",))]
    return build(movies, WordVectors(), QUICK).search(WordVectors())


@pytest.mark.parametrize(
    ("text", "exact"), [("golden castle", 1), ("gloden castle", 0), ("comedy", 0), ("1984", 1)]
)
def test_which_titles_are_the_very_one_that_was_asked_for(search: LocalSearch, text: str, exact: int) -> None:
    asked, found = search.understood(text, 50)
    candidates = Candidates.of(asked, found)
    assert (candidates.kind, candidates.exact) == (asked.kind, exact)
    against = [-float(place) for place in range(len(found), 0, -1)]  # the worst by the search is the best
    first = ordered(candidates, against, 100)[0]
    assert (first == found[0]) is bool(exact)


def test_no_kind_of_question_is_without_a_weight() -> None:
    assert set(WEIGHTS) == set(Kind)
    assert min(WEIGHTS.values()) >= 0
