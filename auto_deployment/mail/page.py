"""What a mail shows, before it is text or HTML: the same content becomes both. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from auto_deployment.mail.mail import Mail
from auto_deployment.mail.text import as_text, clean

GOOD, BAD, OPEN, PLAIN = "good", "bad", "open", "plain"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; the tone colours its last cell, the note stands below, the share is a bar."""

    cells: tuple[str, ...]
    tone: str = PLAIN
    note: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The first column holds names, all others what was measured."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and what it shows, for those who do not see it."""

    cid: str
    png: bytes
    shows: str


@dataclass(frozen=True, slots=True)
class Command:
    """What it does, and the line to copy."""

    does: str
    line: str


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with what is below it, in this order."""

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    commands: Sequence[Command] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A whole mail. `verdict` is one or two words, `reason` one sentence, `facts` name -> value."""

    verdict: str
    tone: str
    title: str
    reason: str
    sections: Sequence[Section]
    facts: Sequence[tuple[str, str]] = ()


def compose(page: Page, key: str, at: datetime, subject: str, thread: str | None = None) -> Mail:
    """Return the page as a mail: its text, HTML and pictures."""
    environment = Environment(
        loader=PackageLoader("auto_deployment.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if isinstance(value, str) else value,
    )
    html = environment.get_template("mail.html").render(page=page, subject=subject)
    images = {one.cid: one.png for section in page.sections for one in section.pictures}
    return Mail(key, at, subject, as_text(page), html, images, thread)
