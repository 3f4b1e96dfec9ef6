"""What is found: good questions and bad ones, in catalogues of every shape."""

import numpy as np
import pytest

from search.asked.quality import measure
from search.asked.questions import RULES
from search.build import build
from search.finder import merge, question_for, understand
from search.fusion import Kind
from search.local import LocalSearch
from search.movies import Movie
from search.part import NotHeldError, Question
from search.ranking import best_places
from search.text import QueryError, checked_query
from tests.support.search import QUICK, WordVectors, small_catalogue

EMBEDDING = WordVectors()


def search_of(movies: list[Movie]) -> LocalSearch:
    return build(movies, EMBEDDING, QUICK).search(EMBEDDING)


@pytest.fixture(scope="module")
def search() -> LocalSearch:
    return search_of([*small_catalogue(), Movie("n1", "1984", 1956, ("Drama",)), Movie("n2", "M", 1931)])


def titles(search: LocalSearch, text: str, count: int = 5) -> list[str]:
    return [search.head.titles[one.row] for one in search.find(text, count)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Golden Castle", "Golden Castle"),
        ("castle golden", "Golden Castle"),
        ("gloden castle", "Golden Castle"),
        ("golde catle", "Golden Castle"),  # a slip in each word
        ("GOLDEN   castle!", "Golden Castle"),
        ("<b>Golden</b> <i>Castle</i>", "Golden Castle"),
        ("golden castle returns", "Golden Castle Returns"),
        ("1984", "1984"),
        ("m", "M"),
    ],
)
def test_a_title_is_found_first(search: LocalSearch, text: str, first: str) -> None:
    assert titles(search, text)[0] == first


def test_a_year_decides_between_equal_titles() -> None:
    search = search_of([Movie(f"h{year}", "Hamlet", year) for year in (1948, 1964, 1990, 1996)])
    for year in (1948, 1990):
        assert search.head.ids[search.find(f"hamlet {year}", 1)[0].row] == f"h{year}"


def test_facts_find_movies_that_have_them_all(search: LocalSearch) -> None:
    years = search.head.arrays["movie_years"]
    found = search.find("1990 comedy", 2)
    assert [(int(years[one.row]), "Comedy" in search.head.genres[one.row]) for one in found] == [
        (1990, True)
    ] * 2


@pytest.mark.parametrize("text", ["", " ", "!?", "\u200b", "<>", "a" * 501, "x " * 2500])
def test_what_nothing_can_be_searched_for_is_refused_with_a_sentence(search: LocalSearch, text: str) -> None:
    with pytest.raises(QueryError, match=r"(: ask (for|with) .*)\.$"):
        search.find(text, 5)


@pytest.mark.parametrize(
    "text", ["q", "the of and", "Седьмое небо", "七人の侍", "' OR 1=1 --", "\x00river", "😀 river"]
)
def test_an_odd_question_gets_a_list_of_different_movies(search: LocalSearch, text: str) -> None:
    found = search.find(text, 5)
    assert len({one.row for one in found}) == 5
    assert all(np.isfinite(one.score) for one in found)


def test_accents_and_case_do_not_count() -> None:
    assert checked_query("  Amélie  POULAIN ") == checked_query("amelie poulain") == "amelie poulain"


def test_one_movie_is_found_by_anything() -> None:
    search = search_of([Movie("only", "Lonely Lighthouse", 1999, ("Drama",))])
    for text in ("lonely", "drama", "1999", "something else", "lonly lighthouse"):
        assert titles(search, text) == ["Lonely Lighthouse"]


def test_one_title_forty_times_is_found_forty_times() -> None:
    search = search_of([*small_catalogue(50), *(Movie(f"z{each:02}", "Same Again") for each in range(40))])
    assert titles(search, "same again", 41)[:40] == ["Same Again"] * 40
    rows = [one.row for one in search.find("same again", 40)]
    assert rows == sorted(rows)


def test_a_catalogue_without_genres_and_years_is_searched_by_titles() -> None:
    search = search_of([Movie(one.id, one.title) for one in small_catalogue()])
    assert titles(search, "forzen lantern")[0] == "Frozen Lantern"
    assert titles(search, "comedy 1990")


def test_a_catalogue_without_one_letter_in_its_titles_can_be_built() -> None:
    assert titles(search_of([Movie("a", "???"), Movie("b", "!!!")]), "anything", 2) == ["???", "!!!"]


def test_both_together_are_nowhere_behind_and_better_over_all() -> None:
    movies = small_catalogue(400)
    built = build(movies, EMBEDDING, QUICK)
    measured = measure(built.search(EMBEDDING), movies, built.vectors, seed=1, each=15)
    assert {one.kind: one.questions for one in measured.kinds} == dict.fromkeys(RULES, 15)
    assert measured.behind == []
    assert measured.gain > 1.1
    assert measured.kinds[0].first == 1


def test_without_a_shard_the_others_answer_and_without_all_of_them_titles_do(search: LocalSearch) -> None:
    head = search.head
    asked = understand(head, EMBEDDING, "golden castle")
    answers = [part.answer(question_for(head, asked, part.spans)) for part in search.parts]
    for away in range(len(answers)):
        left = merge(head, asked, answers[:away] + answers[away + 1 :], 10)
        assert head.titles[left[0].row] == "Golden Castle"
    assert head.titles[merge(head, asked, [], 10)[0].row] == "Golden Castle"


def test_without_any_shard_facts_find_movies_of_their_year_and_titles_that_have_them(
    search: LocalSearch,
) -> None:
    head = search.head
    asked = understand(head, EMBEDDING, "1990 comedy")
    assert (asked.kind, len(asked.rows)) == (Kind.FACTS, 0)
    found = merge(head, asked, [], 3)
    assert [int(head.arrays["movie_years"][one.row]) for one in found] == [1990] * 3


def test_how_answers_come_in_changes_nothing(search: LocalSearch) -> None:
    for text in ("river drama", "horror", "golden castle"):
        asked = understand(search.head, EMBEDDING, text)
        answers = [part.answer(question_for(search.head, asked, part.spans)) for part in search.parts]
        assert merge(search.head, asked, answers, 20) == merge(search.head, asked, answers[::-1], 20)


def test_a_shard_says_that_it_does_not_hold_a_cluster(search: LocalSearch) -> None:
    part, other = search.parts[:2]
    with pytest.raises(NotHeldError, match="is not held here"):
        part.answer(Question(EMBEDDING.embed(["river"])[0], list(other.spans)[:1], 5))


def test_a_question_of_facts_looks_into_fewer_clusters_than_there_are(search: LocalSearch) -> None:
    asked = understand(search.head, EMBEDDING, "golden castle")
    assert (asked.kind, asked.clusters) == (Kind.TITLE, [])


def test_of_equal_scores_the_first_ones_are_taken() -> None:
    scores = np.array([1, 3, 2, 3, 3] + [0] * 50, np.float32)
    assert best_places(scores, 2).tolist() == [1, 3]
    assert best_places(scores[:5], 4).tolist() == [1, 3, 4, 2]
