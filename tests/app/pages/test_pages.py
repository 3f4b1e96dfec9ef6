"""What a person sees: the front page, similar movies, and a sentence where something is wrong."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.config import Settings
from app.model_format import Movies
from app.recommender import Recommender
from app.scoring.reasons import Why
from tests.support.models import GENRES, Size, make_movies, write_model
from tests.support.wrong_models import Broken, Forgetful

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def item_client(item_model_dir: Path, settings: Settings) -> FlaskClient:
    return create_app(replace(settings, model_dir=item_model_dir)).test_client()


def see(client: FlaskClient, address: str, status: int = 200) -> TestResponse:
    answer = client.get(address, headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (status, "text/html"), answer.text
    return answer


def test_a_list_has_titles_years_and_the_reasons_that_json_gives(item_client: FlaskClient) -> None:
    page = see(item_client, "/?user=1").text
    asked = item_client.get("/recommend/1", headers={"Accept": "application/json"})
    items = json.loads(asked.data)["items"]
    names = [item["title"].rpartition(" (")[0] for item in items]
    places = [page.index(f"<cite>{name}</cite> <span") for name in names]
    assert places == sorted(places)
    because = [one["title"].rpartition(" (")[0] for one in items[0]["because"]]
    first, second, third = (f"<cite>{title}</cite>" for title in because)
    assert f"Because user 1 watched {first}, {second} and {third}<" in page


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([0.6], "watched <cite>Film 1</cite><"),
        ([0.4, 0.3], "watched <cite>Film 1</cite> and <cite>Film 2</cite><"),
        ([0.4, 0.3, 0.1], "watched <cite>Film 1</cite>, <cite>Film 2</cite> and <cite>Film 3</cite><"),
        ([0.1], "watched <cite>Film 1</cite> and others<"),
        ([0.1, 0.1], "watched <cite>Film 1</cite>, <cite>Film 2</cite> and others<"),
        ([], "Fits all that user 1 watched and rated, no single title<"),
    ],
)
def test_reasons_are_a_sentence(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, shares: list[float], words: str
) -> None:
    why = Why(list(enumerate(shares, 1)), 0.2)
    monkeypatch.setattr(Recommender, "reasons", lambda *_: [why] * 20)
    assert see(client, "/?user=1").text.count(words) == 20


def test_a_movie_that_is_there_for_its_popularity_says_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recommender, "reasons", lambda *_: [Why([(1, 0.4)], 0.6)] * 20)
    assert see(client, "/?user=1").text.count("Popular lately<") == 20


def test_who_knows_no_user_can_pick_one(client: FlaskClient) -> None:
    page = see(client, "/").text
    for user in (1, 2, 3):
        assert f'<a href="/?user={user}">user {user}</a>' in page


def test_a_page_says_what_was_left_out_and_who_answered(
    client: FlaskClient, recommender: Recommender
) -> None:
    page = see(client, "/?user=007").text
    seen = set(recommender.seen_rows(6).tolist())
    assert f"Left out, because already seen: {len(seen)}<" in page
    for words in ("Movies for user 7<", "<dd>canary<", "20261101T0000-00000000-abc1234", "(2026-11-01 00:00"):
        assert words in page


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "Type the number of a user"),
        ("/?user=", "Type the number of a user"),
        ("/?user=99999", "does not know user 99999"),
        ("/?user=10", "done too little yet"),
        ("/?user=" + "9" * 5000, "does not know user 999"),
    ],
)
def test_whoever_has_no_list_sees_what_is_popular_and_why(
    client: FlaskClient, address: str, words: str
) -> None:
    page = see(client, address).text
    assert words in page
    assert page.count("Popular lately") == 20


@pytest.mark.parametrize("user", ["x", "-5", "4.2", "<script>alert(1)</script>", '"><b>', "7&user=8"])
def test_a_user_that_is_no_number_gets_a_sentence(client: FlaskClient, user: str) -> None:
    page = see(client, f"/?user={user}", 400).text
    assert 'role="alert"' in page
    assert "<script" not in page
    assert "<b>" not in page
    assert client.get(f"/?user={user}").mimetype == "application/problem+json"


def test_similar_movies_are_a_page_for_browsers(client: FlaskClient) -> None:
    page = see(client, "/similar/film+3+1953").text
    assert "<h1>Similar to <cite>Film 3</cite>" in page
    assert page.count("<li>") == 20
    assert "has no movie" in see(client, "/similar/nothing+1900", 404).text


def test_hostile_titles_are_text(tmp_path: Path, settings: Settings) -> None:
    movies = make_movies(Size(neighbours=40))
    hostile = [f"<script>alert({at})</script>\"' onload=x {{{{7*7}}}} ({year})" for at, year in
               enumerate(range(1800, 2000))]  # fmt: skip
    genres = ("<img src=x>", *GENRES[1:])
    folder = tmp_path / "20261101T0000-00000000"
    write_model(folder, Size(neighbours=40), movies=Movies(movies.ids, hostile, list(genres)))
    client = create_app(replace(settings, model_dir=folder)).test_client()
    for address in ("/", "/?user=1", "/similar/film+3+1953"):
        page = see(client, address).text
        assert "&lt;script&gt;" in page
        assert "{{7*7}}" in page
        assert "<script" not in page
        assert "<img" not in page


def test_a_model_without_an_answer_and_a_fault_are_pages_too(
    settings: Settings, recommender: Recommender
) -> None:
    client = create_app(settings, Forgetful(recommender.model)).test_client()
    assert "failed its self-test" in see(client, "/", 503).text
    client = create_app(settings, Broken(recommender.model)).test_client()
    assert "IndexError" not in see(client, "/?user=1", 500).text


def test_nothing_can_run_on_a_page(client: FlaskClient) -> None:
    answer = see(client, "/?user=1")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "style=" not in answer.text
    assert "<style" not in answer.text
    style = client.get(answer.text.partition('rel="stylesheet" href="')[2].partition('"')[0])
    assert (style.status_code, style.mimetype) == (200, "text/css")
    assert "max-age" in style.headers["Cache-Control"]


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/html;q=0.9"])
def test_programs_get_the_addresses(client: FlaskClient, accept: str | None) -> None:
    answer = client.get("/", headers={"Accept": accept} if accept else {})
    assert "/recommend/{user}" in json.loads(answer.data)["addresses"]
    assert answer.headers["Vary"] == "Accept"
