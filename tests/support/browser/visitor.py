"""Somebody who looks at pages, and notices what a person does not: errors and requests to other places."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from tests.support.browser.accessible import check_accessible
from tests.support.browser.pictures import keep
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

Scheme = Literal["light", "dark"]
WIDTHS = (400, 800, 1200)
HEIGHT = 900
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
TIMEOUT_MS = 30_000
# Chromium's words for an error's page that a test asks for; what is wrong on a page says more.
STATUS = "Failed to load resource: the server responded with a status of"
# Its words for a script that did not run, as it should not: in a frame with what others wrote.
CAGED = re.compile(r"Blocked script execution in .* because the document's frame is sandboxed")
# Resolves once what was told to the page has been drawn.
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Visitor:
    """Opens pages of one address. What goes wrong on them is in `faults`."""

    def __init__(self, browser: "Browser", url: str) -> None:
        self._browser = browser
        self.url = url
        self.faults: list[str] = []
        self._contexts: list[BrowserContext] = []

    def page(self, width: int = 1200, scheme: Scheme = "light") -> "Page":
        """Return an empty page of a new session, as wide as a screen, in the colours that its owner wants."""
        context = self._browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"error of a script: {error}"))
        page.on("request", self._requested)
        return page

    def look_at(self, name: str, path: str, ready: str = "main", fits: str = "true") -> None:
        """Keep pictures of a page at every width, light and dark; raise `AssertionError` for barriers.

        `fits` is an expression that is true once a script of the page has followed a new width.
        """
        page = self.page()
        page.goto(path)
        page.wait_for_selector(ready)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": HEIGHT})
                eventually(partial(page.evaluate, fits))
                page.evaluate(DRAWN)
                needed = page.evaluate("document.documentElement.scrollWidth")
                assert needed <= width, f"{path} is {needed} px wide on a screen of {width}"
                keep(page, f"{name}-{width}-{scheme}")
            check_accessible(page, colours_only=scheme != SCHEMES[0])

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _heard(self, message: "ConsoleMessage") -> None:
        expected = message.text.startswith(STATUS) or CAGED.match(message.text)
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"{message.type} in the console: {message.text}")

    def _requested(self, request: "Request") -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and address.netloc != urlsplit(self.url).netloc:
            self.faults.append(f"a request to {request.url}")


@contextmanager
def visiting(browser: "Browser", url: str) -> Iterator[Visitor]:
    """Look at pages; at the end, raise `AssertionError` for what went wrong on them."""
    visitor = Visitor(browser, url)
    try:
        yield visitor
    finally:
        visitor.close()
    assert not visitor.faults, "; ".join(visitor.faults)
