"""What browser tests would notice."""

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.accessible import check_accessible
from tests.support.browser.visitor import Visitor, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ADDRESS = "http://pages.test"
WHOLE = "<!doctype html><html lang=en><title>Page</title><main><h1>Page</h1>{}</main></html>"


def show(visitor: Visitor, content: str) -> None:
    page = visitor.page()
    page.route("**/*", lambda route: route.fulfill(body=WHOLE.format(content), content_type="text/html"))
    page.goto("/", wait_until="networkidle")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("<script>console.error('broken')</script>", "error in the console: broken"),
        ("<script>throw new Error('late')</script>", "error of a script: late"),
        (
            "<link rel=stylesheet href=http://other.test/style.css>",
            "a request to http://other.test/style.css",
        ),
    ],
)
def test_what_goes_wrong_on_a_page_fails_the_test(browser: "Browser", content: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault), visiting(browser, ADDRESS) as visitor:
        show(visitor, content)


@pytest.mark.parametrize(
    "content",
    ["<img src=data:,>", "<input>", "<p style='color: #aaa; background: #fff'>Hardly to be read</p>"],
)
def test_a_serious_barrier_is_found(browser: "Browser", content: str) -> None:
    with visiting(browser, ADDRESS) as visitor:
        page = visitor.page()
        page.set_content(WHOLE.format(content))
        with pytest.raises(AssertionError, match=r"(image-alt|label|color-contrast): "):
            check_accessible(page)
        page.set_content(WHOLE.format("<p>All is well</p>"))
        check_accessible(page)


def test_a_page_that_is_too_wide_is_found(browser: "Browser") -> None:
    visitor = Visitor(browser, "data:text/html,<main><p style='width: 900px'>wide</p></main>")
    with pytest.raises(AssertionError, match="px wide on a screen of 400"):
        visitor.look_at("wide", visitor.url)
    visitor.close()
