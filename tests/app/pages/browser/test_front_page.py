"""The front page in a real browser, as a person uses it."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.accessible import check_accessible
from tests.support.browser.pictures import document
from tests.support.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PAGES = {
    "front": "/",
    "user": "/?user=42",
    "unknown": "/?user=99999",
    "wrong": "/?user=x",
    "similar": "/similar/film+3+1953",
    "search": "/?q=quiet+films+about+the+sea",
    "alone": "/tracks/canary?user=42",
}


def heading(page: "Page") -> str:
    return page.get_by_role("heading", level=1).inner_text()


def ask(page: "Page", user: str) -> None:
    page.goto("/")
    page.get_by_label("User number").fill(user)
    page.get_by_role("button", name="Show the list").click()


def test_a_person_types_a_user_and_sees_the_list_why_and_what_was_left_out(visitor: Visitor) -> None:
    page = visitor.page()
    ask(page, "42")
    assert heading(page) == "Movies for user 42"
    cards = page.get_by_role("main").get_by_role("listitem")
    assert cards.count() == 20
    first = cards.first.inner_text()
    assert re.search(r"Film \d+ (19|20)\d\d", first)
    assert re.search(r"Because user 42 watched Film \d+", first)
    assert page.get_by_role("heading", name="Left out, because already seen: 10").is_visible()
    footer = page.get_by_role("contentinfo").inner_text()
    assert re.search(r"Model\s+2026110", footer)
    assert re.search(r"Trained\s+\d+ days? ago", footer)
    check_accessible(page)
    page.set_viewport_size({"width": 1000, "height": 700})
    document(page, "front")


def test_a_person_searches_for_words_and_goes_on_to_similar_movies(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/?user=42")
    page.get_by_label("Search movies").fill("quiet films about the sea")
    page.get_by_role("button", name="Search", exact=True).click()
    assert heading(page) == "Search: quiet films about the sea"
    assert page.get_by_label("Search movies").input_value() == "quiet films about the sea"
    assert page.get_by_role("main").get_by_role("listitem").count() == 6
    check_accessible(page)
    page.get_by_role("link", name="Movies similar to Film 3").click()
    assert heading(page).startswith("Similar to Film 3")


def test_an_unknown_user_sees_what_is_popular_and_can_pick_another(visitor: Visitor) -> None:
    page = visitor.page()
    ask(page, "99999")
    assert "does not know user 99999" in page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Marquee").click()
    page.get_by_role("link", name="user 1", exact=True).click()
    assert heading(page) == "Movies for user 1"


def test_what_is_no_number_is_said_at_the_field(visitor: Visitor) -> None:
    page = visitor.page()
    ask(page, "<b>me</b>")
    assert "A user id is a run of digits" in page.get_by_role("alert").inner_text()
    field = page.get_by_label("User number")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.input_value() == "<b>me</b>"


def test_a_click_shows_similar_movies(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/?user=42")
    link = page.get_by_role("link", name="Movies similar to").first
    title = (link.get_attribute("aria-label") or "").removeprefix("Movies similar to ")
    link.click()
    assert heading(page).startswith(f"Similar to {title}")
    assert page.get_by_role("main").get_by_role("listitem").count() == 20


def test_a_switch_shows_both_tracks_and_marks_what_moved_in_words(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/?user=42")
    page.get_by_role("link", name=re.compile("Compare with the (stable|canary) list")).click()
    assert heading(page) == "Both tracks for user 42"
    for track, other in (("Stable", "canary"), ("Canary", "stable")):
        half = page.get_by_role("region", name=track)
        assert half.get_by_role("listitem").count() == 20
        assert half.get_by_text(re.compile(f"Place \\d+ in {other}")).count() > 0
        assert half.get_by_text(f"Not in the list of {other}").count() > 0
    check_accessible(page)
    page.set_viewport_size({"width": 1000, "height": 700})
    document(page, "tracks")
    page.get_by_role("link", name="Back to the list of user 42").click()
    assert heading(page) == "Movies for user 42"


def test_hands_on_the_keyboard_are_enough(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the list"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("42")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?user=42")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tracks/**")


def test_on_paper_there_is_the_list_without_what_can_only_be_clicked(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/?user=42")
    page.emulate_media(media="print")
    assert page.get_by_text("Because user 42 watched").first.is_visible()
    assert not page.get_by_role("button").is_visible()
    assert page.get_by_role("link", name="Movies similar to").count() == 0


@pytest.mark.parametrize(("name", "path"), PAGES.items(), ids=PAGES)
def test_each_page_fits_every_screen_and_has_no_serious_barrier(
    visitor: Visitor, name: str, path: str
) -> None:
    visitor.look_at(name, path)
