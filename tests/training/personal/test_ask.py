"""Whom `search personal` asks for, and that a weight moves a movie as the gateway would."""

import pandas as pd
import pytest

from app.recommender import Recommender
from auto_deployment.training.personal.ask import Asking, wanted_of
from search.build import build
from search.local import LocalSearch
from search.movies import Movie
from search.personal.blend import CANDIDATES, Candidates, ordered
from tests.support.models import Size, make_movies, write_model
from tests.support.search import QUICK, WordVectors

SIZE = Size(neighbours=40)
WEIGHTS = (0.0, 1.0)


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return Recommender(write_model(tmp_path_factory.mktemp("model") / "model", SIZE))


@pytest.fixture(scope="module")
def movies() -> list[Movie]:
    listed = make_movies(SIZE)
    named = enumerate(zip(listed.ids, listed.titles, strict=True))
    return [
        Movie(one, title[:-7], 1950 + number % 75, (listed.genres[number % 4],))
        for number, (one, title) in named
    ]


@pytest.fixture(scope="module")
def search(movies: list[Movie]) -> LocalSearch:
    return build(movies, WordVectors(), QUICK).search(WordVectors())


def relevant(*pairs: tuple[int, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["user_id", "movie_id"])


def test_only_users_with_lists_of_their_own_are_asked_for(recommender: Recommender) -> None:
    listed = relevant((7, "a"), (7, "b"), (7, "c"), (10, "a"), (999, "a"), (8, "b"))  # 10 has done too little
    wanted = wanted_of(recommender, listed, 10, 2, 1)
    assert [one.user_row for one in wanted] == [6, 7]
    assert [len(one.movies) for one in wanted] == [2, 1]
    assert wanted == wanted_of(recommender, listed, 10, 2, 1)
    assert len(wanted_of(recommender, listed, 1, 2, 1)) == 1


def test_ranks_are_those_of_the_order_that_is_served(
    recommender: Recommender, movies: list[Movie], search: LocalSearch
) -> None:
    wanted = wanted_of(recommender, relevant((7, movies[44].id), (7, "unknown"), (8, movies[31].id)), 9, 9, 1)
    tried = list(Asking(search, recommender, movies, WEIGHTS).all(wanted, 1))
    assert {one.rule for one in tried} >= {"title", "genres", "year and genre"}
    assert all(one.first[0.0] and one.first[1.0] for one in tried if one.rule == "title")
    (genres,) = [one for one in tried if one.rule == "genres" and one.user_row == 6]
    asked, found = search.understood(movies[44].genres[0].lower(), CANDIDATES)
    scores = recommender.score_rows(6, recommender.rows_of([search.head.ids[one.row] for one in found]))
    for weight in WEIGHTS:
        order = ordered(Candidates.of(asked, found), scores, weight)
        ids = [search.head.ids[one.row] for one in order]
        assert genres.ranks[weight] == (1 / (ids.index(movies[44].id) + 1) if movies[44].id in ids else 0)
    assert tried == list(Asking(search, recommender, movies, WEIGHTS).all(wanted, 1))
