"""Fixtures of browser tests; a conftest.py imports `browser`, and gives its own pages an address."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.chromium import running_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with running_browser() as started:
        yield started
