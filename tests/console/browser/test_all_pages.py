"""Every page of the console in a real browser, with something on it and with nothing."""

from typing import TYPE_CHECKING

import pytest

from auto_deployment.console.page import Page
from auto_deployment.console.pages.table import PAGES
from tests.console.browser.conftest import Filled
from tests.support.browser.visitor import Visitor, visiting
from tests.support.console import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What a page of one thing shows is there, and the operations are the same without any data.
MAY_BE_EMPTY = [one for one in PAGES if "<" not in one.rule and one.name != "operations"]
WITH_HOSTILE_TEXT = ("past_release", "version", "quarantine_lines", "mails", "mail", "alerts")
# Each plot is as wide as its place, and has a line beside its times.
PLOTS_FIT = """[...document.querySelectorAll('figure.plot .canvas')].every(one =>
    one.querySelectorAll('.u-series').length > 0
    && one.firstElementChild.offsetWidth === Math.max(one.clientWidth, 200))"""
OTHERS = {"sign-in": "/sign-in?next=/release", "nowhere": "/nowhere", "window": "/?window=release"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_with_something_on_it_fits_every_screen_and_has_no_serious_barrier(
    visitor: Visitor, filled: Filled, page: Page
) -> None:
    visitor.look_at(f"console-{page.name}", filled.addresses.get(page.name, page.rule), fits=PLOTS_FIT)


@pytest.mark.parametrize("page", MAY_BE_EMPTY, ids=lambda page: page.name)
def test_a_page_with_nothing_on_it_does_so_too(browser: "Browser", empty: str, page: Page) -> None:
    with visiting(browser, empty) as visitor:
        visitor.look_at(f"console-empty-{page.name}", page.rule)


@pytest.mark.parametrize("name", OTHERS)
def test_so_do_the_pages_that_are_in_no_table(visitor: Visitor, name: str) -> None:
    visitor.look_at(f"console-{name}", OTHERS[name], fits=PLOTS_FIT)


@pytest.mark.parametrize("name", WITH_HOSTILE_TEXT)
def test_hostile_text_is_read_and_does_not_run(visitor: Visitor, filled: Filled, name: str) -> None:
    page = visitor.page()
    said: list[str] = []

    def heard(dialog: "Dialog") -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    rule = next(one.rule for one in PAGES if one.name == name)
    page.goto(filled.addresses.get(name, rule))
    assert HOSTILE in (page.get_by_role("main").text_content() or "")
    assert page.locator("main script").count() == 0
    assert said == []
