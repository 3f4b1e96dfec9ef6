"""The platform's information API: asked politely, believed carefully, missed when it is down."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_deployment.dataset.catalog import MOVIES, USERS
from auto_deployment.ingest.platform.api import PlatformApi, PlatformDownError
from auto_deployment.ingest.platform.lookup import PlatformLookup
from auto_deployment.ingest.platform.movie_ids import CatalogueReader
from tests.support.ingest.home import ingest_params
from tests.support.ingest.platform import Platform, running_platform

PARAMS = ingest_params().platform
ALIEN = {
    "id": "alien+1979",
    "title": "Alien",
    "genres": [{"id": 27, "name": "Horror"}, {"id": 878, "name": "Science Fiction"}],
    "release_date": "1979-05-25",
    "runtime": "117",
    "adult": "False",
    "homepage": "null",
}
JANE = {"user_id": 12, "age": 27, "occupation": "college/grad student", "gender": "F"}


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running_platform() as platform:
        platform.things = {"movie/alien+1979": ALIEN, "user/12": JANE}
        yield platform


@pytest.fixture
def api(platform: Platform) -> PlatformApi:
    return PlatformApi(platform.url, timeout_s=5)


@pytest.fixture
def lookup(api: PlatformApi, tmp_path: Path) -> PlatformLookup:
    return PlatformLookup(api, tmp_path, PARAMS, now_s=lambda: 1e9)


def test_what_it_says_is_put_into_our_words(api: PlatformApi) -> None:
    assert api.movie("alien+1979") == {
        "movie_id": "alien+1979",
        "title": "Alien",
        "genres": ["Horror", "Science Fiction"],
        "year": 1979,
        "runtime_min": 117,
    }
    assert api.user(12) == {"user_id": 12, "age": 27, "gender": "F", "occupation": "college/grad student"}


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "null", "genres": "null", "release_date": "null", "runtime": "null"},
        {"title": 5, "genres": [None, {"id": 1}, "null"], "release_date": 1979, "runtime": -3},
        {},
        {"runtime": 0, "release_date": "soon"},
    ],
)
def test_odd_values_are_no_values(api: PlatformApi, platform: Platform, odd: dict[str, object]) -> None:
    platform.things["movie/odd"] = {"id": "odd"} | odd
    row = api.movie("odd")
    assert row == {"movie_id": "odd", "title": None, "genres": [], "year": None, "runtime_min": None}


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}),
        (200, {"message": "movie not found"}),
        (400, {"error": "x"}),
        (200, []),
        (200, {"id": "other"}),
    ],
)
def test_an_error_in_place_of_the_thing_means_that_it_is_unknown(
    api: PlatformApi, platform: Platform, answer: tuple[int, object]
) -> None:
    platform.unknown = answer
    assert api.movie("unheard+1999") is None
    assert api.user(99) is None


@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_no_answer_is_not_an_answer(api: PlatformApi, platform: Platform, status: int) -> None:
    platform.status = status
    with pytest.raises(PlatformDownError, match=str(status)):
        api.movie("alien+1979")


def test_an_answer_that_is_no_json_or_none_at_all_is_no_answer(platform: Platform) -> None:
    platform.things["movie/x"] = b"<html>"
    with pytest.raises(PlatformDownError, match="not JSON"):
        PlatformApi(platform.url, 5).movie("x")
    with pytest.raises(PlatformDownError):
        PlatformApi("http://127.0.0.1:1", 5).movie("x")


def test_movies_are_asked_about_before_users_each_once_and_slowly(
    platform: Platform, lookup: PlatformLookup
) -> None:
    for _ in range(2):
        lookup.want_user(12)
        lookup.want_movie("alien+1979")
        lookup.want_movie("unheard+1999")
    waits = [lookup.step() for _ in range(4)]
    assert platform.asked == ["movie/alien+1979", "movie/unheard+1999", "user/12"]
    assert waits == [1 / PARAMS.requests_per_s] * 4


def test_what_was_learnt_is_in_the_catalogue_and_not_asked_again(
    platform: Platform, api: PlatformApi, lookup: PlatformLookup, tmp_path: Path
) -> None:
    lookup.want_movie("alien+1979")
    lookup.want_movie("unheard+1999")
    lookup.want_user(12)
    for _ in range(3):
        lookup.step()
    lookup.write()
    assert MOVIES.read(tmp_path)["title"].tolist() == ["Alien"]
    assert USERS.read(tmp_path)["occupation"].tolist() == ["college/grad student"]
    again = PlatformLookup(api, tmp_path, PARAMS, now_s=lambda: 1e9)
    assert again.absent_movies == {"unheard+1999"}
    again.want_movie("alien+1979")
    again.want_movie("unheard+1999")
    again.want_user(12)
    again.step()
    assert len(platform.asked) == 3


def test_while_it_is_down_nothing_is_decided_and_the_question_stays(
    platform: Platform, lookup: PlatformLookup
) -> None:
    platform.status, platform.headers = 503, {"Retry-After": "500"}
    lookup.want_movie("unheard+1999")
    assert lookup.step() == 500
    platform.headers = {}
    assert lookup.step() == PARAMS.pause_after_failure_s
    assert lookup.absent_movies == set()
    platform.status = 200
    lookup.step()
    assert lookup.absent_movies == {"unheard+1999"}


def test_what_was_unknown_long_ago_is_asked_about_again(api: PlatformApi, tmp_path: Path) -> None:
    now_s = 1e9
    lookup = PlatformLookup(api, tmp_path, PARAMS, now_s=lambda: now_s)
    lookup.want_movie("new+2026")
    lookup.step()
    now_s += PARAMS.forget_unknown_after_h * 3600 + 1
    lookup.write()
    assert lookup.absent_movies == set()
    lookup.want_movie("new+2026")
    lookup.step()
    assert lookup.absent_movies == {"new+2026"}


def test_what_cannot_be_written_is_kept(lookup: PlatformLookup, tmp_path: Path) -> None:
    lookup.want_movie("alien+1979")
    lookup.step()
    blocking = tmp_path / "movies.parquet"
    blocking.mkdir()
    stop = threading.Event()
    stop.set()
    lookup.run(stop)
    blocking.rmdir()
    lookup.write()
    assert MOVIES.read(tmp_path)["movie_id"].tolist() == ["alien+1979"]


def test_the_stream_goes_by_what_the_platform_says(lookup: PlatformLookup, tmp_path: Path) -> None:
    known = CatalogueReader(tmp_path, lookup)
    assert known.movies().accept("alien+1979") == "alien+1979"
    assert known.movies().accept("token+x") == "token+x"
    lookup.step()
    lookup.step()
    lookup.write()
    assert known.movies().known == {"alien+1979"}
    assert known.movies().accept("alienn+1979") == "alienn+1979"
    lookup.step()
    assert known.movies().accept("alienn+1979") == "alien+1979"
    assert known.movies().accept("token+x") is None


def test_users_who_rated_are_asked_about(platform: Platform, lookup: PlatformLookup, tmp_path: Path) -> None:
    CatalogueReader(tmp_path, lookup).ask_about({12})
    lookup.step()
    assert platform.asked == ["user/12"]
