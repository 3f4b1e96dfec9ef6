"""docs/operations.md, whole and section by section."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from auto_deployment.console.markdown import rendered, slug

_heading = re.compile(r"(#{1,6}) +(.+?)\s*#*")


@dataclass(frozen=True, slots=True)
class Manual:
    """The text; None where the file is not here, and then nothing is known of any alert."""

    text: str | None

    def names(self) -> list[str]:
        """Return the alerts that have a section, in their order."""
        return [name for level, name, _ in self._sections() if level == 3]

    def section(self, alert: str, page: str) -> Markup | None:
        """Return what to do about an alert, None where nothing is written; `page` is where all of it is."""
        found = next((body for level, name, body in self._sections() if (level, name) == (3, alert)), None)
        return None if found is None else rendered(found, lambda link: _address(link, page))

    def whole(self) -> Markup | None:
        """Return all of it, with names to link to."""
        return (
            None if self.text is None else rendered(self.text, lambda link: _address(link, ""), within=True)
        )

    def _sections(self) -> Iterator[tuple[int, str, str]]:
        """Yield level, heading and text up to the next heading."""
        level, name, body, in_code = 0, "", list[str](), False
        for line in (self.text or "").splitlines():
            in_code ^= line.startswith("```")
            if not in_code and (found := _heading.fullmatch(line)):
                yield level, name, "\n".join(body)
                level, name, body = len(found[1]), found[2], []
            else:
                body.append(line)
        yield level, name, "\n".join(body)


def read_manual(path: Path) -> Manual:
    """Read the page; a file that cannot be read is none."""
    try:
        return Manual(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return Manual(None)


def anchor(alert: str) -> str:
    """Return the name of an alert's section."""
    return slug(alert)


def _address(link: str, page: str) -> str | None:
    """Return where a link leads: within the page, or to another host; other documents are not here."""
    if link.startswith("#"):
        return f"{page}{link}"
    return link if link.startswith(("http://", "https://")) else None
