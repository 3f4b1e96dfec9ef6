"""How a table divides its lines into fields."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
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
    """Return what divides most lines into as many fields, at least three; `None` if nothing does."""
    best: tuple[float, int, Dialect] | None = None
    for delimiter in _DELIMITERS:
        dialect = Dialect(delimiter, quoted=delimiter not in ("::", "|"))
        width, share = _usual_width(dialect, lines[:_MOST_LINES])
        if width >= _LEAST_FIELDS and share > 0.5 and (best is None or (share, width) > best[:2]):
            best = (share, width, dialect)
    return best[2] if best else None


def _usual_width(dialect: Dialect, lines: Sequence[str]) -> tuple[int, float]:
    widths: Counter[int] = Counter()
    for line in lines:
        try:
            widths[len(dialect.split(line))] += 1
        except csv.Error:
            widths[0] += 1  # maybe part of a longer record
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return width, count / max(len(lines), 1)
