"""How a table divides its lines into fields."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

_DELIMITERS = ("::", "\t", ";", ",", "|")
_LEAST_FIELDS = 3
_MOST_LINES = 100
DOUBLE_COLON_STAND_IN = "\x1f"  # libraries take a delimiter of one byte; no text has this one


@dataclass(frozen=True, slots=True)
class Dialect:
    """What stands between fields, and whether a field may stand in quotes."""

    delimiter: str = ","
    quoted: bool = True

    @property
    def decimal_comma(self) -> bool:
        """Whether `3,5` can be a number."""
        return self.delimiter != ","

    @property
    def byte(self) -> str:
        """The delimiter as one byte: of data in which `stand_in` was called."""
        return DOUBLE_COLON_STAND_IN if self.delimiter == "::" else self.delimiter

    def stand_in(self, data: bytes) -> bytes:
        if self.delimiter == "::":
            return data.replace(b"::", DOUBLE_COLON_STAND_IN.encode())
        return data

    def split(self, record: str) -> list[str]:
        """Return the fields of one record; raise `csv.Error` when its quotes do not match."""
        text = record.removesuffix("\n").removesuffix("\r")
        if not self.quoted or '"' not in text:
            return text.split(self.delimiter)
        lines = re.split("(?<=\n)", text) if "\n" in text else [text]
        rows = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        if len(rows) > 1:
            raise csv.Error("more than one record")
        return rows[0] if rows else []


def sniff_dialect(lines: Sequence[str]) -> Dialect | None:
    """Return what divides most lines into as many fields, at least three; `None` if nothing does.

    Where no line is a record, since each has a field over several lines, records are looked at.
    """
    return _best(lines[:_MOST_LINES], _widths_of_lines) or _best(lines, _widths_of_records)


def _best(lines: Sequence[str], widths_of: Callable[[Dialect, Sequence[str]], list[int]]) -> Dialect | None:
    best: tuple[float, int, Dialect] | None = None
    for delimiter in _DELIMITERS:
        dialect = Dialect(delimiter, quoted=delimiter not in ("::", "|"))
        widths = widths_of(dialect, lines)
        width, count = Counter(widths).most_common(1)[0] if widths else (0, 0)
        share = count / max(len(widths), 1)
        if width >= _LEAST_FIELDS and share > 0.5 and (best is None or (share, width) > best[:2]):
            best = (share, width, dialect)
    return best[2] if best else None


def _widths_of_lines(dialect: Dialect, lines: Sequence[str]) -> list[int]:
    widths = []
    for line in lines:
        try:
            widths.append(len(dialect.split(line)))
        except csv.Error:
            widths.append(0)  # maybe part of a longer record
    return widths


def _widths_of_records(dialect: Dialect, lines: Sequence[str]) -> list[int]:
    widths, waiting = [], ""
    for line in lines:
        waiting += line + "\n"
        with suppress(csv.Error):
            widths.append(len(dialect.split(waiting)))
            waiting = ""
    return widths
