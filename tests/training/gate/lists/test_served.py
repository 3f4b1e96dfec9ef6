"""Which users are asked, and what one catalogue of two models says."""

from dataclasses import replace

import numpy as np

from app.artifact import Model, Movies
from app.recommender import Recommender
from auto_deployment.training.gate.lists.catalogue import NO_GENRE, merge_catalogues
from auto_deployment.training.gate.lists.served import ask_both, sample
from tests.support.models import Size, make_arrays, make_details, make_movies

SIZE = Size(users=30, movies=60, stored=0)


def model(size: Size = SIZE, seed: int = 1, movies: Movies | None = None) -> Model:
    arrays = make_arrays(size, seed)
    return Model({**make_details(size, "v"), "files": {}}, arrays, movies or make_movies(size))


def test_the_same_users_are_asked_on_every_run_and_by_every_machine() -> None:
    users = np.arange(1, 100_001)
    assert sample(users, 5, 42).tolist() == [35_525, 39_988, 40_200, 96_443, 98_933]
    assert sample(users, 5, 43).tolist() != sample(users, 5, 42).tolist()
    assert sample(users[:5], 5, 42).tolist() == [1, 2, 3, 4, 5]


def test_who_was_asked_once_is_asked_again_when_there_are_more_users() -> None:
    few, many = (set(sample(np.arange(1, count), 500, 42).tolist()) for count in (10_000, 11_000))
    assert len(few & many) > 430
    assert max(many - few) > 10_000


def test_whom_one_model_does_not_know_it_answers_as_it_would_when_serving() -> None:
    small, large = Recommender(model(replace(SIZE, users=10))), Recommender(model(replace(SIZE, users=30)))
    served = ask_both(small, large, 1000, seed=42)
    assert served.user_ids == list(range(1, 31))
    assert [one.source for one in served.champion[10:]] == ["popular"] * 20
    assert served.champion[10].rows == small.popular(20).rows
    assert {one.source for one in served.challenger[10:19]} == {"personal"}
    assert [one.rows for one in served.challenger] == [large.recommend(one).rows for one in range(1, 31)]


def test_one_catalogue_knows_the_movies_of_both_by_id() -> None:
    mine = Movies(["b", "c"], ["B, newly named", "C"], ["Drama", "War"])
    theirs = Movies(["a", "b", "c"], ["A", "B", "C"], ["Comedy", "Drama"])
    challenger = model(replace(SIZE, movies=2), movies=mine)
    champion = model(replace(SIZE, movies=3), movies=theirs)
    challenger.arrays["genre_mask"] = np.array([[True, False], [True, False]])  # type: ignore[index]
    champion.arrays["genre_mask"] = np.array([[True, True, True], [False, False, True]])  # type: ignore[index]
    found = merge_catalogues(champion, challenger)
    assert found.ids == ["b", "c", "a"]
    assert found.titles == ["B, newly named", "C", "A"]
    assert found.row_of_champion.tolist() == [2, 0, 1]
    assert found.genre_names == ["Comedy", "Drama", "War", NO_GENRE]
    # `b` as the candidate says, `c` as the champion does, since the candidate knows no genre of it.
    assert found.genres.tolist() == [[0, 0.5, 0.5, 0], [0.5, 0.5, 0, 0], [1, 0, 0, 0]]
    seen = [np.bincount(one.arrays["seen_items"], minlength=3) for one in (challenger, champion)]
    assert found.events.tolist() == [seen[0][0] + seen[1][1], seen[0][1] + seen[1][2], seen[1][0]]
