"""What axe finds on a page."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
COLOURS = {"runOnly": ["color-contrast"]}


def check_accessible(page: "Page", colours_only: bool = False) -> None:
    """Raise `AssertionError` with what axe calls serious or critical on a page as it is now.

    The script goes in by the debugger, which no content security policy hinders. What others wrote, in frames
    where no script runs, is left out. `colours_only` is enough for a page that was seen in other colours.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"iframes": False, **(COLOURS if colours_only else {})}
    found = Axe().run(page, options=options).response["violations"]
    serious = [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in SERIOUS
    ]
    assert not serious, "; ".join(serious)
