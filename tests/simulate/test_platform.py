"""The catalogue and the users of a simulated platform."""

from pathlib import Path

import numpy as np
import pytest

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.dataset.events import Watch, parse
from auto_deployment.errors import BadInputError
from auto_deployment.simulate.platform.platform import Platform
from auto_deployment.simulate.platform.vocabulary import GENRES, OCCUPATIONS
from tests.support.release.simulation import damage, small_params, small_platform


def test_movie_ids_are_different_and_valid_the_odd_ones_included() -> None:
    ids = small_platform(movies=5000).movies.ids
    assert len(set(ids)) == len(ids) == 5000
    for movie_id in ids:
        event = parse(f"2024-03-05T12:00:07,42,GET /data/m/{movie_id}/3.mpg".encode())
        assert isinstance(event, Watch), movie_id
        assert event.movie_id == movie_id
    assert 0.01 < np.mean([movie_id.endswith("+") for movie_id in ids]) < 0.03
    assert all(any(character in movie_id for movie_id in ids) for character in "._-*'~")


def test_the_catalogue_can_be_written_and_read_back(tmp_path: Path) -> None:
    platform = small_platform()
    MOVIES.write(tmp_path, platform.movies_frame())
    USERS.write(tmp_path, platform.users_frame())
    movies, users = MOVIES.read(tmp_path), USERS.read(tmp_path)
    assert set(movies["movie_id"]) == set(platform.movies.ids)
    assert {genre for genres in movies["genres"] for genre in genres} <= set(GENRES)
    assert movies["genres"].map(len).min() >= 1
    assert movies["runtime_min"].between(45, 1500).all()
    assert users["user_id"].tolist() == list(range(1, 151))
    assert users["age"].between(10, 90).all()
    assert set(users["gender"]) == {"F", "M"}
    assert set(users["occupation"]) <= set(OCCUPATIONS)


def test_a_title_says_what_its_id_says() -> None:
    frame = small_platform(movies=2000).movies_frame()
    titles = dict(zip(frame["movie_id"], frame["title"], strict=True))
    for movie_id, title in titles.items():
        words = movie_id.rpartition("+")[0].split("+")
        assert title.rpartition(" ")[0].lower().split() == words


def test_liking_has_the_spread_that_its_shares_add_up_to() -> None:
    platform = small_platform(users=800, movies=800)
    for day in (0, 45, 90):
        vectors = platform.tastes.users_at(np.arange(800), day * 86_400_000_000)
        liking = vectors @ platform.tastes.movies.T
        assert 0.9 < np.std(liking) < 1.1


def test_taste_turns_slowly() -> None:
    tastes = small_platform(users=800).tastes
    users = np.arange(800)
    now, later = (tastes.users_at(users, day * 86_400_000_000) @ tastes.movies.T for day in (0, 30))
    assert 0.95 < np.corrcoef(now.ravel(), later.ravel())[0, 1] < 0.999


def test_a_new_title_is_unknown_before_its_release_and_fades_after_it() -> None:
    platform = small_platform(movies=1000, days=90)
    look = platform.params.catalogue
    new = int(np.flatnonzero(platform.movies.released_us > 0)[0])
    released_us = int(platform.movies.released_us[new])

    def strength(after_d: float) -> float:
        moment_us = released_us + int(after_d * 86_400_000_000)
        return float(platform.movies.log_popularity_at(moment_us, look)[new])

    assert strength(-0.1) == -np.inf
    assert strength(0) > strength(30) > strength(-0.1)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"users": 0}, "users"),
        ({"users": 1_000_001}, "users"),
        ({"movies": 0}, "movies"),
        ({"days": 0}, "days"),
        ({"minute_step": 0}, "minute_step"),
        ({"watch_fraction_digits": 9}, "watch_fraction_digits"),
        ({"damage": damage(stray=1.5)}, "damage"),
        ({"damage": damage(stray=-0.5)}, "damage"),
        ({"start": "yesterday"}, "yesterday"),
    ],
)
def test_what_no_platform_can_have_is_refused_by_name(changes: dict[str, object], name: str) -> None:
    with pytest.raises(BadInputError, match=name):
        small_platform(**changes)


def test_the_smallest_platform_is_one() -> None:
    params = small_params(users=1, movies=1, days=1)
    assert len(small_platform(users=1, movies=1, days=1).movies.ids) == params.movies


def test_a_past_that_begins_in_another_year_has_the_titles_that_the_demos_model_knows() -> None:
    demo = small_platform(start="2026-03-01T00:00", days=90)
    later = Platform.build(small_params(start="2027-06-01T09:30", days=455), 2026)
    assert later.movies.ids == demo.movies.ids
    assert np.array_equal(later.tastes.own, demo.tastes.own)
