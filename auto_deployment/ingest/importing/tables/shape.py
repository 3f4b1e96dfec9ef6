"""What a table looks like: recognised from its first bytes and from what a person said of it."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.rows import (
    MAX_USER_ID,
    UnusableRowError,
    read_number_time,
    read_time,
)
from auto_deployment.ingest.importing.tables.columns import (
    ROLES,
    Asked,
    asked_places,
    is_header,
    is_number,
    named_places,
)
from auto_deployment.ingest.importing.tables.dialect import Dialect, sniff_dialect
from auto_deployment.ingest.importing.tables.fields import decode
from auto_deployment.ingest.importing.tables.numbers import UNITS
from auto_deployment.ingest.importing.tables.text_file import HEAD_BYTES

TEXT, NO_TIME = "text", "none"
_is_block_head = re.compile(r"[0-9]+:\r?").fullmatch
_is_block_row = re.compile(r"[0-9]+,[0-9.]+,[0-9]{4}-[0-9]{2}-[0-9]{2}\r?").fullmatch
_MOST_RECORDS = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rating table of a file is read.

    `places` are of user, movie, rating and time; without a time it has no place. In `blocks` a line `movie:`
    stands before the rows of a movie. `time` is a unit of `UNITS`, `TEXT` or `NO_TIME`.
    """

    dialect: Dialect
    names: Sequence[str]  # none without a header
    width: int
    places: Mapping[str, int]
    time: str
    numbered: bool  # movies are numbers, which mean nothing outside of the source
    blocks: bool = False

    @property
    def zeros_are_none(self) -> bool:
        """Whether 0 says that there is no rating: in Book-Crossing's column it does."""
        return bool(self.names) and self.names[self.places["rating"]].lower() == "book-rating"

    def column(self, role: str) -> str:
        """Return how a person knows a column: by its name, or by its number from 1."""
        if role == "movie" and self.blocks:
            return "the line before the rows"
        place = self.places[role]
        return self.names[place] if self.names else str(place + 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """The first records of a table: its header, if it has one, and some rows."""

    dialect: Dialect
    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    width: int


def is_blocks(head: bytes) -> bool:
    """Tell files in which a line `movie:` stands before the rows of each movie, as those of Netflix."""
    lines = lines_of(head)
    return (
        bool(lines)
        and _is_block_head(lines[0]) is not None
        and all(_is_block_head(line) or _is_block_row(line) for line in lines[:_MOST_RECORDS])
    )


def lines_of(head: bytes) -> list[str]:
    """Return the whole lines of a file's first bytes, without those that are blank."""
    lines = decode(head).split("\n")
    if len(head) >= HEAD_BYTES:
        lines.pop()  # cut off in the middle
    return [line for line in lines if line.strip()]


def sample_of(head: bytes) -> Sample | None:
    """Take the first records apart; `None` if they are no table."""
    lines = lines_of(head)
    if (dialect := sniff_dialect(lines)) is None:
        return None
    records: list[list[str]] = []
    waiting = ""
    for line in lines[: 2 * _MOST_RECORDS]:
        waiting += line + "\n"
        try:
            records.append([text.strip() for text in dialect.split(waiting)])
        except csv.Error:
            continue
        waiting = ""
    if not records:
        return None
    names = records[0] if is_header(records[0], records[1] if len(records) > 1 else None) else []
    rows = records[1 if names else 0 :]
    width = len(names) or Counter(map(len, rows)).most_common(1)[0][0]
    return Sample(dialect, names, [row for row in rows if len(row) == width], width)


def block_shape() -> Shape:
    """Return the shape of a table in blocks, once `is_blocks` has told so."""
    return Shape(
        Dialect(",", quoted=False), (), 3, {"user": 0, "rating": 1, "time": 2}, TEXT, True, blocks=True
    )


def shape_of(sample: Sample, asked: Asked, table: str) -> Shape:
    """Find the columns of a table; raise `BadInputError` that asks for what cannot be known."""
    places = named_places(sample.names) if sample.names else _usual_places(sample)
    places |= asked_places(asked, sample.names, sample.width, table)
    if "time" not in places and not asked.no_time:
        places |= _times_by_content(sample, places)
    if asked.no_time and "time" not in asked.columns:
        places.pop("time", None)
    missing = [role for role in ROLES if role not in places and not (role == "time" and asked.no_time)]
    if missing:
        raise BadInputError(_ask_for(missing, sample, table))
    shared = [role for role, place in places.items() if list(places.values()).count(place) > 1]
    if shared:
        raise BadInputError(f"{table}: {' and '.join(shared)} cannot be the same column: give each its own.")
    _check_users([row[places["user"]] for row in sample.rows], table)
    time = _unit_of([row[places["time"]] for row in sample.rows], table) if "time" in places else NO_TIME
    movies = [row[places["movie"]] for row in sample.rows]
    numbered = 2 * sum(map(is_number, movies)) > len(movies)
    return Shape(sample.dialect, sample.names, sample.width, places, time, numbered)


def _check_users(users: Sequence[str], table: str) -> None:
    texts = [user for user in users if not is_number(user)]
    if 2 * len(texts) > len(users):
        raise BadInputError(
            f"{table} has users that are texts, such as {texts[0]!r}, and users are numbers here, from 1 to "
            f"{MAX_USER_ID}: number them first, and keep the list if people are to be recognised later."
        )


def _usual_places(sample: Sample) -> dict[str, int]:
    """Return the columns of MovieLens' tables without a header: user, movie, rating, seconds."""
    usual = sample.dialect.delimiter in ("\t", "::") and sample.width == len(ROLES)
    if usual and all(all(map(is_number, row)) for row in sample.rows):
        return {role: place for place, role in enumerate(ROLES)}
    return {}


def _times_by_content(sample: Sample, places: Mapping[str, int]) -> dict[str, int]:
    """Return the only column, among those without a role, that holds nothing but times."""
    free = [place for place in range(sample.width) if place not in places.values()]
    texts = {place: [row[place] for row in sample.rows] for place in free}
    found = [place for place in free if 2 * max(_units(texts[place]).values()) > len(sample.rows)]
    return {"time": found[0]} if len(found) == 1 and sample.names and sample.rows else {}


def _units(texts: Sequence[str]) -> Counter[str]:
    """Return how many texts are times of which unit."""
    readers: dict[str, Callable[[bytes], int]] = {TEXT: read_time}
    for unit, (us, units) in UNITS.items():
        readers[unit] = partial(read_number_time, us=us, units=units)
    return Counter({unit: sum(_reads(read, one) for one in texts) for unit, read in readers.items()})


def _reads(read: Callable[[bytes], int], text: str) -> bool:
    try:
        read(text.encode())
    except UnusableRowError:
        return False
    return True


def _unit_of(texts: Sequence[str], table: str) -> str:
    (unit, count), *_ = _units(texts).most_common(1)
    if count or not texts:
        return unit
    raise BadInputError(
        f"{table}: its times, such as {texts[0]!r}, are in no form that is known: give seconds, milli-, "
        "micro- or nanoseconds since 1970, or YYYY-MM-DD[ HH:MM[:SS]], or leave them out with --time none."
    )


def _ask_for(missing: Sequence[str], sample: Sample, table: str) -> str:
    if missing == ["time"]:
        return (
            f"{table} has no column that is known to hold times ({_has(sample)}): say which does with "
            "`--columns time=...`, or that there are none with `--time none` (then nothing can be split by "
            "time)."
        )
    example = ",".join(f"{role}={number}" for number, role in enumerate(ROLES[: sample.width], 1))
    return (
        f"{table} looks like a table of ratings, but it is not known which column is "
        f"{', '.join(missing)} ({_has(sample)}): say it with --columns, for example `--columns {example}`."
    )


def _has(sample: Sample) -> str:
    if sample.names:
        return "it has " + ", ".join(name or "''" for name in sample.names)
    first = sample.dialect.delimiter.join(sample.rows[0]) if sample.rows else ""
    return f"{sample.width} columns without names, the first row is {first[:80]!r}"
