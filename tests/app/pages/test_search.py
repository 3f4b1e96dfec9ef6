"""The search box: there where a search is, and a sentence where it does not answer."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.config import Settings, SettingsError
from tests.app.pages.test_pages import see
from tests.support.ports import free_port
from tests.support.scripted_server import Answers, Last, ScriptedServer, reply, scripted

HOSTILE = "<script>alert(1)</script>\"' {{7*7}}"


def found(*movies: tuple[str, str, int | None], partial: bool = False, **more: bool) -> str:
    listed = [{"id": one, "title": title, "year": year, "genres": ["Drama"]} for one, title, year in movies]
    return json.dumps({"movies": listed, "partial": partial, **more})


@pytest.fixture
def gateway() -> Iterator[ScriptedServer]:
    body = found(("film+3+1953", "Third, The", 1953), ("unknown+1", HOSTILE, None))
    with scripted(lambda path, number: Last(reply(body))) as server:
        yield server


@pytest.fixture
def searching(gateway: ScriptedServer, settings: Settings) -> FlaskClient:
    return create_app(replace(settings, search=f"127.0.0.1:{gateway.port}")).test_client()


def test_without_a_search_there_is_no_box_and_words_are_ignored(client: FlaskClient) -> None:
    page = see(client, "/?q=river").text
    assert "Search movies" not in page
    assert "<h1>Popular movies</h1>" in page


def test_what_is_found_is_shown_as_cards(searching: FlaskClient, gateway: ScriptedServer) -> None:
    page = see(searching, "/?q=quiet+films+%26+%C3%A9").text
    assert gateway.paths == ["/search?q=quiet%20films%20%26%20%C3%A9"]
    assert "<h1>Search: quiet films &amp; é</h1>" in page
    assert '<cite>The Third</cite> <span class="year">1953</span>' in page
    assert page.count("<li>") == 2
    # The model has no movie `unknown+1`.
    assert page.count("Similar movies</a>") == 1
    assert 'name="q" type="search" maxlength="500" autocomplete="off" value="quiet films &amp; é"' in page


def test_each_page_has_the_box_and_no_question_is_asked_for_it(
    searching: FlaskClient, gateway: ScriptedServer
) -> None:
    for address in ("/", "/?user=1", "/?q=", "/?q=+", "/similar/film+3+1953"):
        assert "Search movies" in see(searching, address).text
    assert gateway.paths == []


def test_on_a_page_of_a_user_the_box_searches_for_that_user(
    searching: FlaskClient, gateway: ScriptedServer
) -> None:
    assert '<input type="hidden" name="user" value="7">' in see(searching, "/?user=007").text
    for address in ("/", "/?q=river", "/similar/film+3+1953"):
        assert 'type="hidden"' not in see(searching, address).text
    for wrong in ("x", "%D9%A3", "%22%3E"):
        page = searching.get(f"/?user={wrong}", headers={"Accept": "text/html"}).text
        assert 'type="hidden"' not in page
    gateway.heads.clear()
    page = see(searching, "/?q=river&user=007").text
    assert gateway.paths == ["/search?q=river&user=7"]
    assert '<input type="hidden" name="user" value="7">' in page
    see(searching, "/?q=river&user=" + "9" * 300)
    assert gateway.paths[1:] == ["/search?q=river&user=" + "9" * 200]


@pytest.mark.parametrize("more", [{}, {"personal": False}, {"personal": True}])
def test_the_page_says_whether_the_order_is_the_users(settings: Settings, more: dict[str, bool]) -> None:
    body = found(("a", "A", 1), **more)
    with scripted(lambda path, number: Last(reply(body))) as gateway:
        client = create_app(replace(settings, search=f"127.0.0.1:{gateway.port}")).test_client()
        page = see(client, "/?q=river&user=7").text
        assert ("in an order for user 7" in page) is bool(more.get("personal"))
        assert "See the list of user 7" in page


def test_words_and_titles_are_text(searching: FlaskClient) -> None:
    page = see(searching, "/?q=%3Cscript%3Ealert(2)%3C/script%3E%22%3E%3Cb%3E").text
    assert "&lt;script&gt;alert(2)" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{7*7}}" in page
    assert "<script" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (lambda path, number: None, "Search does not answer now"),
        (lambda path, number: Last(reply("no json")), "Search does not answer now"),
        (lambda path, number: Last(reply("{}")), "Search does not answer now"),
        (lambda path, number: Last(reply("[]")), "Search does not answer now"),
        (
            lambda path, number: Last(reply('{"detail": "x"}', "503 Service Unavailable")),
            "does not answer now",
        ),
        (lambda path, number: Last(reply('{"detail": "No <word>."}', "400 Bad Request")), "No &lt;word&gt;."),
        (lambda path, number: Last(reply(found())), "Nothing was found."),
        (lambda path, number: Last(reply(found(("a", "A", 1), partial=True))), "could not be looked at"),
    ],
)
def test_a_gateway_that_has_no_list_leaves_a_sentence(
    settings: Settings, answers: Answers, words: str
) -> None:
    with scripted(answers) as gateway:
        client = create_app(replace(settings, search=f"127.0.0.1:{gateway.port}")).test_client()
        assert words in see(client, "/?q=river").text


def test_no_gateway_leaves_a_sentence(settings: Settings) -> None:
    client = create_app(replace(settings, search=f"127.0.0.1:{free_port()}")).test_client()
    assert "Search does not answer now: try again in a moment." in see(client, "/?q=river").text


def test_programs_get_the_same_as_before(searching: FlaskClient, gateway: ScriptedServer) -> None:
    assert "addresses" in searching.get("/?q=river").text
    assert gateway.paths == []


@pytest.mark.parametrize("text", ["gateway", "http://gateway:8086", "gateway:0", "gateway:99999", ":80"])
def test_an_address_that_is_none_ends_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^SEARCH is .*: use HOST:PORT\.$"):
        Settings.from_env({"MODEL_DIR": "x", "SEARCH": text})
    assert Settings.from_env({"MODEL_DIR": "x", "SEARCH": "gateway:8086"}).search == "gateway:8086"
