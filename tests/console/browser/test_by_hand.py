"""The console with the keyboard, on paper, and as pictures of the documentation."""

from typing import TYPE_CHECKING

import pytest

from auto_deployment.paths import Paths
from auto_deployment.release.inbox import Inbox
from auto_deployment.release.release import Action, ReleaseCommand
from tests.console.browser.conftest import Filled
from tests.support.browser.visitor import Visitor
from tests.support.console import NEW
from tests.support.console_server import TOKEN

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
    (asked,) = Inbox(Paths(filled.data).release_inbox).peek()
    assert isinstance(asked, ReleaseCommand)
    assert (asked.action, asked.release) == (Action.ABORT, f"{NEW}-abc1234")
    assert (asked.by, asked.reason) == ("Ann", "it smells")
    tab_to(page, "Sign out", "Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Sign in", exact=True).wait_for()
