"""The table of the judge's operating characteristics, and the part of a document that it is written into."""

from collections.abc import Sequence
from typing import Protocol

BEGIN, END = "<!-- characteristics: begin -->", "<!-- characteristics: end -->"
HEADER = (
    "situation",
    "runs",
    "aborted: rejected for ever",
    "95 % interval",
    "minutes until then: median (10 % to 90 %)",
    "promoted at the end of the window",
    "promoted by 24 h",
    "aborted if each request counted",
)


class CharacteristicsRow(Protocol):
    """One simulated situation; shares are of its runs."""

    @property
    def name(self) -> str: ...
    @property
    def to_blame(self) -> bool: ...
    @property
    def runs(self) -> int: ...
    @property
    def aborted(self) -> float: ...
    @property
    def aborted_low(self) -> float: ...
    @property
    def aborted_high(self) -> float: ...
    @property
    def minutes(self) -> tuple[float, float, float] | None: ...
    @property
    def promoted(self) -> float: ...
    @property
    def promoted_late(self) -> float: ...
    @property
    def aborted_by_requests(self) -> float: ...


def table(rows: Sequence[CharacteristicsRow]) -> str:
    """Write the rows as a Markdown table, harmless candidates first as they are given."""
    lines = [HEADER, ["---"] * len(HEADER), *(_cells(row) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def section(rows: Sequence[CharacteristicsRow], origin: str, picture: str) -> str:
    """Return what stands between the markers: the table, where it comes from, and the plot."""
    return f"{BEGIN}\n{table(rows)}\n{origin}\n\n![Aborts and their times]({picture})\n{END}"


def replace_section(document: str, new: str, begin_line: str = BEGIN, end_line: str = END) -> str:
    """Put a section into a document in place of the old one; raise `ValueError` when there is no place."""
    before, begin, rest = document.partition(begin_line)
    _, end, after = rest.partition(end_line)
    if not begin or not end:
        raise ValueError(f"the document lacks the lines {begin_line} and {end_line}")
    return f"{before}{new}{after}"


def _cells(row: CharacteristicsRow) -> list[str]:
    minutes = "-"
    if row.minutes:
        low, median, high = (f"{one:.0f}" for one in row.minutes)
        minutes = f"{median} ({low} to {high})"
    return [
        row.name,
        f"{row.runs:,}",
        _percent(row.aborted),
        f"{_percent(row.aborted_low)} to {_percent(row.aborted_high)}",
        minutes,
        _percent(row.promoted),
        _percent(row.promoted_late),
        _percent(row.aborted_by_requests),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"
