"""The documents of this project, and the code in them."""

import re
from pathlib import Path

from tests.support.project import PROJECT

DOCUMENTS = (
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "client" / "README.md",
    PROJECT / "findings" / "README.md",
    *sorted((PROJECT / "docs").glob("*.md")),
)


def code_of(document: Path) -> list[str]:
    """Return the code of a Markdown file: its fenced blocks and its inline code."""
    return re.findall(r"```.*?```|`[^`\n]+`", document.read_text("utf-8"), re.DOTALL)
