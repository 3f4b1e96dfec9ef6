"""Two models held against each other: the same one, others, and ones of another format."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.artifact import load
from app.recommender import PERSONAL, Answer, Recommender
from auto_deployment.errors import BadInputError
from auto_deployment.training.gate.lists.difference import ListDifference, compare_lists
from auto_deployment.training.gate.lists.limits import hold_lists
from auto_deployment.training.gate.lists.params import ListDiffParams
from auto_deployment.training.gate.lists.verdict import judge_lists
from tests.support.models import Size, write_model
from tests.support.project import PROJECT

SIZE = Size(users=60, movies=300, stored=30, neighbours=20)
OLD = PROJECT / "tests" / "data_0_1" / "model"


class Spoilt(Recommender):
    """A model that answers with other rows than it should."""

    def __init__(self, honest: Recommender, spoil: Callable[[int, list[int]], list[int]]) -> None:
        super().__init__(honest.model)
        self.spoil = spoil

    def recommend(self, user_id: int, n: int = 20, *_: Any) -> Answer:
        return Answer(self.spoil(user_id, super().recommend(user_id, n).rows), PERSONAL)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    folder = tmp_path_factory.mktemp("models") / "model"
    write_model(folder, SIZE)
    return Recommender(load(folder))


def beyond(found: ListDifference) -> list[str]:
    return [check.name for check in hold_lists(found, ListDiffParams()) if not check.passed]


def test_the_same_model_twice_has_no_difference_at_all(honest: Recommender) -> None:
    found = compare_lists(honest, honest, 1000, 42).found
    assert (found.users, found.overlap, found.rbo, found.unchanged) == (60, 1.0, 1.0, 1.0)
    assert found.popularity.champion == found.popularity.challenger > 0
    assert found.shown.champion == found.shown.challenger > 20
    assert (found.genre_distance, found.genres) == (0.0, ())
    assert beyond(found) == []


def test_the_order_alone_changes_ranks_and_nothing_else(honest: Recommender) -> None:
    turned = Spoilt(honest, lambda _, rows: rows[::-1])
    found = compare_lists(honest, turned, 1000, 42).found
    assert (found.overlap, found.unchanged, found.genre_distance) == (1.0, 0.0, 0.0)
    assert 0.2 < found.rbo < 0.6


def test_random_lists_end_in_review(honest: Recommender) -> None:
    rng = np.random.default_rng(1)
    found = compare_lists(
        honest, Spoilt(honest, lambda *_: rng.permutation(300)[:20].tolist()), 1000, 42
    ).found
    assert {"list_overlap", "list_rbo"} <= set(beyond(found))


def test_one_list_for_everybody_ends_in_review(honest: Recommender) -> None:
    found = compare_lists(honest, Spoilt(honest, lambda *_: honest.popular(20).rows), 1000, 42).found
    assert {"list_overlap", "list_coverage"} <= set(beyond(found))
    assert found.shown.challenger == 20


def test_another_mix_of_genres_ends_in_review(honest: Recommender) -> None:
    horror = Spoilt(honest, lambda user, _: Recommender.recommend(honest, user, genre="Horror").rows)
    found = compare_lists(honest, horror, 1000, 42).found
    assert "list_genres" in beyond(found)
    assert found.genres[0][0] == "Horror"
    assert found.genres[0][1] < found.genres[0][2]


def test_a_model_of_the_format_before_is_compared(honest: Recommender, tmp_path: Path) -> None:
    shutil.copytree(OLD, tmp_path / "old")
    found = compare_lists(Recommender(load(tmp_path / "old")), honest, 1000, 42).found
    assert found.users == 60
    assert 0 < found.rbo < 1


def test_catalogues_without_a_common_movie_have_nothing_in_common(
    honest: Recommender, tmp_path: Path
) -> None:
    words = honest.model.movies
    others = replace(words, ids=[f"other+{movie}" for movie in words.ids])
    foreign = Recommender(write_model(tmp_path / "foreign", SIZE, movies=others))
    found = compare_lists(honest, foreign, 1000, 42).found
    assert (found.overlap, found.unchanged) == (0.0, 0.0)
    assert found.rbo == pytest.approx(0)
    assert found.unknown_to_champion == found.unknown_to_challenger == 0


@pytest.mark.parametrize(
    ("figures", "name"),
    [
        ({"overlap": 0.1}, "list_overlap"),
        ({"rbo": 0.01}, "list_rbo"),
        ({"genre_distance": 0.5}, "list_genres"),
    ],
)
def test_each_limit_by_itself_asks_for_a_review(
    honest: Recommender, figures: dict[str, Any], name: str
) -> None:
    found = replace(compare_lists(honest, honest, 1000, 42).found, **figures)
    verdict = judge_lists(found, ListDiffParams())
    assert verdict.needs_review
    assert [check.name for check in verdict.checks if not check.passed] == [name]
    assert verdict.sentence == "The lists of 60 users go beyond 1 of 5 limits."


@pytest.mark.parametrize("side", ["popularity", "shown"])
@pytest.mark.parametrize("factor", [4, 0.25])
def test_more_is_as_strange_as_less(honest: Recommender, side: str, factor: float) -> None:
    same = compare_lists(honest, honest, 1000, 42).found
    sides = getattr(same, side)
    found = replace(same, **{side: replace(sides, challenger=sides.challenger * factor)})
    assert beyond(found) == [{"popularity": "list_popularity", "shown": "list_coverage"}[side]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"users": 0},
        {"overlap_min": 1.1},
        {"rbo_min": -0.1},
        {"popularity_shift_max": -1.0},
        {"genre_distance_max": 2.0},
        {"coverage_factor_max": 0.5},
    ],
)
def test_a_limit_that_says_nothing_is_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(BadInputError, match=rf"gate: lists: .*{name}"):
        ListDiffParams(**wrong)
