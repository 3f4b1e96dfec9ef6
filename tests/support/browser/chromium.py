"""Debian's Chromium under Playwright; where it is promised, a test that cannot have it fails."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAMS = ("chromium-headless-shell", "chromium", "google-chrome")
PROMISED = ("MARQUEE_REQUIRE_DOCKER", "CI")


@contextmanager
def running_browser() -> Iterator["Browser"]:
    """Run a browser; skip the test where there is none, fail it where the environment promises one.

    For a module at most: Playwright has an event loop in the thread that uses it, where nobody else can have
    one.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _without("Playwright is not installed: make setup")
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if path is None:
        _without(f"none of {', '.join(PROGRAMS)} is installed: make browser")
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that a container has not; it sees no page but ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def _without(reason: str) -> NoReturn:
    if any(os.environ.get(name) for name in PROMISED):
        pytest.fail(f"A browser is promised here, but {reason}")
    pytest.skip(reason)
