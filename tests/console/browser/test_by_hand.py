"""The console with the keyboard, on paper, and as pictures of the documentation."""

from typing import TYPE_CHECKING

import pytest

from auto_deployment.paths import Paths, RunLayout
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.release import Action, ReleaseCommand
from tests.console.browser.conftest import Filled
from tests.support.browser.pictures import document
from tests.support.browser.visitor import Visitor
from tests.support.console import NEW, OLD
from tests.support.console_server import TOKEN
from tests.support.release.edge_lines import edge_line

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOCUS = """() => { const one = document.activeElement, style = getComputedStyle(one);
    const name = one.textContent.trim() || one.name || one.id;
    return [name, style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
MOST_STEPS = 60


def tab_to(page: "Page", name: str, key: str = "Tab") -> None:
    """Go on with the keyboard until something has the focus; every place on the way has to show it."""
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        found, outline, width = page.evaluate(FOCUS)
        assert (outline, width >= 2) == ("solid", True), f"{found} does not show that it has the focus"
        if found.startswith(name):
            return
    raise AssertionError(f"{name} is not reached by {MOST_STEPS} times {key}")


def test_hands_on_the_keyboard_sign_in_abort_with_a_reason_and_leave(
    visitor: Visitor, filled: Filled
) -> None:
    page = visitor.page()
    page.goto("/release")
    tab_to(page, "To the content")
    tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in**")
    tab_to(page, "name")
    page.keyboard.type("Ann")
    page.keyboard.press("Tab")
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/release")
    assert "Signed in as Ann." in page.get_by_role("status").first.inner_text()
    tab_to(page, "Abort")
    page.keyboard.press("Enter")
    tab_to(page, "reason")
    page.keyboard.type("it smells")
    tab_to(page, "Abort ")
    page.keyboard.press("Enter")
    page.get_by_text("Waits to be heard").wait_for()
    inbox = Inbox(Paths(filled.data).release_inbox)
    (asked,) = inbox.peek()
    next(inbox.folder.glob("[0-9]*.json")).unlink()
    assert isinstance(asked, ReleaseCommand)
    assert (asked.action, asked.release) == (Action.ABORT, f"{NEW}-abc1234")
    assert (asked.by, asked.reason) == ("Ann", "it smells")
    tab_to(page, "Sign out", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Sign in", exact=True).wait_for()


def test_on_paper_there_are_tables_without_what_can_only_be_pressed(visitor: Visitor) -> None:
    page = visitor.page()
    page.goto("/release")
    page.emulate_media(media="print")
    assert page.get_by_role("region", name="Checks", exact=True).is_visible()
    assert page.get_by_role("heading", name="Journal").is_visible()
    assert not page.get_by_role("navigation").is_visible()
    assert not page.get_by_role("link", name="Sign in").first.is_visible()
    assert page.get_by_role("heading", name="Ask the controller").count() == 0


def test_pictures_of_the_documentation(visitor: Visitor, filled: Filled) -> None:
    page = visitor.page()
    page.set_viewport_size({"width": 1000, "height": 800})
    page.goto("/")
    people_ask(filled, page)
    document(page, "console-now")
    (filled.data / "releases" / "inbox" / "heard").touch()
    page.goto("/release")
    document(page, "console-release")
    page.goto("/mails")
    page.get_by_role("link", name="Promoted").first.click()
    page.frame_locator("iframe").get_by_text("Promoted").first.wait_for()
    document(page, "console-mail")


def people_ask(filled: Filled, page: "Page") -> None:
    """Add a minute of answers to NGINX's log, and wait until the open page has counted them."""
    log = RunLayout.below(Paths(filled.data).run).edge_log
    log.parent.mkdir(parents=True, exist_ok=True)
    usual = {"status": 200, "request_time": 0.003}
    lines = [
        edge_line(**usual, track=track, release=f"{version}-abc1234")
        for track, version, count in (("stable", OLD, 1920), ("canary", NEW, 480))
        for _ in range(count)
    ]
    log.write_bytes(b"".join(lines))
    page.locator('[data-live="stable-rate"]').get_by_text("32.0").wait_for()
