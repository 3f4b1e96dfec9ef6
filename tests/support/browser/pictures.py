"""Pictures of pages, to be looked at: in a folder, and in the documentation, when that is asked for.

`MARQUEE_LOOK=FOLDER .venv/bin/python -m pytest -m browser` keeps each page at every width, light and dark.
`MARQUEE_PICTURES=1 .venv/bin/python -m pytest tests/app/pages/browser` writes the documentation's anew.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.project import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCUMENTED = PROJECT / "docs" / "pictures"
MAX_BYTES = 150_000


def keep(page: "Page", name: str) -> None:
    """Keep a picture of the whole page in MARQUEE_LOOK, where that is set."""
    if folder := os.environ.get("MARQUEE_LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def document(page: "Page", name: str) -> None:
    """Write what the page shows to `docs/pictures/NAME.png` where MARQUEE_PICTURES is set.

    Raises `AssertionError` where the documentation has no such picture, or one that is large.
    """
    path = DOCUMENTED / f"{name}.png"
    keep(page, f"docs-{name}")
    if os.environ.get("MARQUEE_PICTURES"):
        page.screenshot(path=path)
    assert path.is_file(), f"MARQUEE_PICTURES=1 writes {path}"
    assert path.stat().st_size <= MAX_BYTES
