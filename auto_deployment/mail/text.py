"""A page as plain text, for clients without HTML and for those who read mails in a terminal. Pure."""

import textwrap
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auto_deployment.mail.page import Page, Section, Table

WIDTH = 78


def as_text(page: "Page") -> str:
    """Return the page; lines of tables and commands may be longer than the others."""
    lines = [clean(page.verdict).upper(), clean(page.title), "", *_wrapped(page.reason)]
    for section in page.sections:
        lines += ["", clean(section.title), "-" * len(clean(section.title)), *_section(section)]
    if page.facts:
        longest = max(len(name) for name, _ in page.facts)
        lines += ["", *(f"{clean(name):<{longest}}  {clean(value)}" for name, value in page.facts)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def clean(text: str) -> str:
    """Return text in one line without what a terminal would obey."""
    return "".join(one if one.isprintable() else " " for one in text)


def _section(section: "Section") -> Iterator[str]:
    for sentence in section.sentences:
        yield from _wrapped(sentence)
    for place, table in enumerate(section.tables):
        if place:
            yield ""
        yield from _table(table)
    for picture in section.pictures:
        yield from _wrapped(f"[picture: {picture.shows}]")
    for command in section.commands:
        yield from (f"{clean(command.does)}:", f"    {clean(command.line)}")


def _table(table: "Table") -> Iterator[str]:
    cells = [table.head, *(row.cells for row in table.rows)]
    lines = [[clean(cell) for cell in row] for row in cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.head))]
    words = {0, len(widths) - 1} if table.head[-1] == "verdict" else {0}
    yield _line(lines[0], widths, words)
    yield _line(["-" * width for width in widths], widths, words)
    for row, line in zip(table.rows, lines[1:], strict=True):
        yield _line(line, widths, words)
        yield from textwrap.wrap(clean(row.note), WIDTH, initial_indent="    ", subsequent_indent="    ")


def _line(cells: Sequence[str], widths: Sequence[int], words: Collection[int]) -> str:
    """Put words to the left and what was measured to the right."""
    return "  ".join(
        f"{cell:<{width}}" if column in words else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(clean(text), WIDTH, break_long_words=False, break_on_hyphens=False)
