"""What tests of releases without containers share."""

from tests.support.browser.fixtures import browser

__all__ = ["browser"]
