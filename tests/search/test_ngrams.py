"""Titles by pieces: what looks at few of them finds what looking at all does."""

import numpy as np
import pytest

from search.ngrams import (
    ROUNDED,
    all_title_scores,
    best_titles,
    build_ngrams,
    exact_titles,
    title_scores,
    wanted,
)
from search.ranking import best_places, floor_of
from search.text import words_of
from tests.support.search import small_catalogue

TITLES = ["", "???", "The", "The The", *(one.title for one in small_catalogue(4000)), "Zyzzyx Road"]
ARRAYS = build_ngrams(TITLES)
ROWS = np.arange(len(TITLES), dtype=np.int32)
ASKED = (
    "golden castle",
    "gloden catle",
    "the",
    "the the of winter",
    "e",
    "zyzzyx",
    "Седьмое небо",
    "returns stone river",
)


@pytest.mark.parametrize("text", ASKED)
@pytest.mark.parametrize("count", [1, 20, 100])
def test_the_best_titles_are_among_those_that_few_pieces_find(text: str, count: int) -> None:
    question = wanted(ARRAYS, words_of(text))
    scores = all_title_scores(ARRAYS, question)
    best = [row for row in best_places(scores, count).tolist() if scores[row] > 0]
    found, least = best_titles(ARRAYS, question, count)
    assert set(best) <= set(found.tolist())
    assert (np.diff(found) > 0).all()
    assert scores[found].all(), "a title that has nothing of it is not found"
    assert (scores >= least - ROUNDED).sum() >= count, "as many have what is said that they have at least"


@pytest.mark.parametrize("text", ASKED)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 1.1])
def test_titles_below_what_is_known_already_are_not_looked_for(text: str, share: float) -> None:
    question = wanted(ARRAYS, words_of(text))
    scores = all_title_scores(ARRAYS, question)
    known = share * max(float(scores.max()), 0.1)
    best = [row for row in best_places(scores, 20).tolist() if scores[row] >= known]
    found, least = best_titles(ARRAYS, question, 20, known)
    assert set(best) <= set(found.tolist())
    assert least >= known


@pytest.mark.parametrize("text", [*ASKED, "golden castle returns", "the the", "", "castle stone and golden"])
def test_exact_titles_are_those_with_that_score(text: str) -> None:
    question = wanted(ARRAYS, words_of(text))
    exact = np.flatnonzero(all_title_scores(ARRAYS, question) >= 0.999)
    assert exact_titles(ARRAYS, question, 0.999).tolist() == exact.tolist()


def test_few_titles_are_left_of_many() -> None:
    assert len(best_titles(ARRAYS, wanted(ARRAYS, words_of("golden castle")), 20)[0]) <= len(TITLES) / 8


@pytest.mark.parametrize("text", ASKED)
def test_some_titles_have_the_very_scores_that_all_have(text: str) -> None:
    questions = [wanted(ARRAYS, words_of(text)), wanted(ARRAYS, ["golden"])]
    rows = ROWS[::-7]
    for question, scores in zip(questions, title_scores(ARRAYS, questions, rows), strict=True):
        assert np.array_equal(scores, all_title_scores(ARRAYS, question)[rows])
    assert title_scores(ARRAYS, questions, rows[:0]).shape == (2, 0)


@pytest.mark.parametrize("rows", [[0], [0, 2, 1], [2, 0, 1, 2, 0]])
def test_a_title_without_a_piece_has_nothing_of_a_question_wherever_it_stands(rows: list[int]) -> None:
    scores = title_scores(ARRAYS, [wanted(ARRAYS, ["the"])], np.array(rows))
    assert scores[0].tolist() == [pytest.approx(float(TITLES[row] == "The")) for row in rows]


@pytest.mark.parametrize("size", [5, 100, 1_000, 30_000])
@pytest.mark.parametrize("values", [3, 1_000_000])
def test_the_best_places_are_those_of_a_sort(size: int, values: int) -> None:
    scores = np.random.default_rng(size).integers(0, values, size).astype(np.float32)
    for count in (1, 7, 100):
        assert best_places(scores, count).tolist() == np.argsort(-scores, kind="stable")[:count].tolist()
        if size >= count:
            assert (scores >= floor_of(scores, count)).sum() >= count
