"""Times that stand in several columns: year, month and day, and maybe hour, minute and second."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from auto_deployment.ingest.importing.tables.columns import place_of

_DATE, _CLOCK = ("year", "month", "day"), ("hour", "minute", "second")
PARTS = (*_DATE, *_CLOCK)


def named_parts(names: Sequence[str]) -> dict[str, int]:
    """Return the place of each part (`date_day`, `day`), nothing without a year, a month and a day."""
    places = {part: place_of(names, (f"date{part}", f"time{part}", part)) for part in PARTS}
    if any(places[part] is None for part in _DATE):
        return {}
    return {part: place for part, place in places.items() if place is not None}


def joined(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return the times as `YYYY-MM-DD HH:MM:SS`; parts of the clock that no column has are 0."""
    rows = len(columns["year"])
    parts = {part: _padded(columns.get(part, pa.array(["0"] * rows, pa.string())), part) for part in PARTS}
    date = pc.binary_join_element_wise(*(parts[part] for part in _DATE), "-")
    clock = pc.binary_join_element_wise(*(parts[part] for part in _CLOCK), ":")
    return pc.binary_join_element_wise(date, clock, " ")


def _padded(texts: pa.Array, part: str) -> pa.Array:
    plain = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), "[.]0*$", "")
    return pc.utf8_lpad(plain, 4 if part == "year" else 2, "0")
