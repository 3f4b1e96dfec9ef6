"""Both tracks side by side: one shows its list beside the one that the other has shown."""

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings
from app.model_format import Movies
from tests.app.pages.test_pages import see
from tests.support.models import Size, make_movies, write_model

VERSION = "20261101T0000-00000000"


def client_of(settings: Settings, track: str) -> FlaskClient:
    return create_app(replace(settings, track=track)).test_client()


def switch_of(page: str) -> str:
    found = re.search(r'class="switch" href="([^"]*)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


def ids_of(client: FlaskClient, user: int) -> list[str]:
    return client.get(f"/recommend/{user}").text.split(",")


def test_the_switch_of_a_page_leads_to_the_other_track_and_back(settings: Settings) -> None:
    stable, canary = client_of(settings, "stable"), client_of(settings, "canary")
    address = switch_of(see(stable, "/?user=7").text)
    assert address.startswith("/tracks/canary?user=7&")
    page = see(canary, address).text
    assert "Both lists are the same, and so is the model." in page
    assert page.index('id="stable"') < page.index('id="canary"')
    assert page.count(f"Model {VERSION}") == 2
    assert switch_of(see(canary, "/?user=7").text).startswith("/tracks/stable?")


def test_what_moved_is_marked_in_words(settings: Settings) -> None:
    canary = client_of(settings, "canary")
    ids = ids_of(canary, 7)
    shown = [ids[1], ids[0], *ids[2:19], "gone+1999"]
    page = see(
        canary, "/tracks/canary?" + urlencode({"user": 7, "movies": ",".join(shown), "model": "m"})
    ).text
    stable, canary_half = page.split('id="canary"')
    assert "19 movies are in both lists, 17 of them at the same place" in page
    for half, other in ((stable, "canary"), (canary_half, "stable")):
        assert half.count(f"Same place in {other}<") == 17
        assert half.count(f"Place 1 in {other}<") == half.count(f"Place 2 in {other}<") == 1
        assert half.count(f"Not in the list of {other}<") == 1
        assert half.count('<li class="moved">') == 3
    assert "<cite>gone+1999</cite>" in stable, "the other model has a movie that this one has not"


def test_without_a_list_to_hold_against_the_page_offers_the_other_track(client: FlaskClient) -> None:
    page = see(client, "/tracks/canary?user=7").text
    assert "This is the list of canary alone" in page
    assert switch_of(page).startswith("/tracks/stable?user=7&")


def test_where_another_track_answers_the_page_says_so(settings: Settings) -> None:
    page = see(client_of(settings, "stable"), "/tracks/canary?user=7&movies=a,b").text
    assert "There is no canary now, or it does not answer: this is the list of stable alone." in page
    page = see(client_of(settings, "canary"), "/tracks/stable?user=7").text
    assert "No stable instance answers now" in page


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/tracks/other", 404, "only stable and canary"),
        ("/tracks/canary?user=x", 400, "A user id is"),
        ("/tracks/canary?movies=" + ",".join(map(str, range(21))), 400, "up to 20 movie ids"),
        ("/tracks/canary?movies=a&movies=b", 400, "give it once"),
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(
    client: FlaskClient, address: str, status: int, words: str
) -> None:
    assert words in see(client, address, status).text


def test_programs_get_no_list_from_a_track_that_they_choose(client: FlaskClient) -> None:
    for accept in ("application/json", "text/plain", "*/*"):
        answer = client.get("/tracks/canary?user=7", headers={"Accept": accept})
        assert answer.mimetype == "text/html"
        assert "X-Recommendation-Source" not in answer.headers
    metrics = client.get("/metrics").text
    assert "marquee_recommendations_total{" not in metrics.replace('source="static"', "") or all(
        line.endswith(" 0.0")
        for line in metrics.splitlines()
        if line.startswith("marquee_recommendations_total{")
    )


def test_words_of_an_address_are_text(settings: Settings, tmp_path: Path) -> None:
    movies = make_movies(Size())
    folder = tmp_path / VERSION
    write_model(
        folder, movies=Movies(movies.ids, [f"<b>{one}</b>" for one in movies.ids], list(movies.genres))
    )
    client = client_of(replace(settings, model_dir=folder), "canary")
    hostile = urlencode({"user": 7, "movies": '<script>1</script>,"><i>', "model": "<u>"})
    page = see(client, f"/tracks/canary?{hostile}").text
    for tag in ("<script", "<b>", "<i>", "<u>"):
        assert tag not in page
