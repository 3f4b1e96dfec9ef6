"""What a table looks like: recognised from its first bytes and from what a person said of it."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from auto_deployment.errors import BadInputError
from auto_deployment.ingest.importing.rows import (
    UnusableRowError,
    read_number_time,
    read_time,
)
from auto_deployment.ingest.importing.tables.columns import (
    ROLES,
    Asked,
    asked_places,
    is_number,
    named_places,
)
from auto_deployment.ingest.importing.tables.dialect import Dialect
from auto_deployment.ingest.importing.tables.numbers import UNITS
from auto_deployment.ingest.importing.tables.sample import Sample, ask_for
from auto_deployment.ingest.importing.tables.split_times import PARTS, named_parts

TEXT, SPLIT, NO_TIME = "text", "split", "none"
_PRODUCT_DIGITS = (10, 13)  # ISBN and ASIN: the same everywhere, though most of them are numbers


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rating table of a file is read.

    `places` are of user, movie, rating and time; without a time it has no place, with one that is `SPLIT` its
    parts have. In `blocks` a line `movie:` stands before the rows of a movie. `time` is a unit of `UNITS`,
    `TEXT`, `SPLIT` or `NO_TIME`.
    """

    dialect: Dialect
    names: Sequence[str]  # none without a header
    width: int
    places: Mapping[str, int]
    time: str
    numbered: bool  # movies are numbers, which mean nothing outside of the source
    blocks: bool = False
    mapped_users: bool = False  # they are texts, which get numbers

    @property
    def zeros_are_none(self) -> bool:
        """Whether 0 says that there is no rating: in Book-Crossing's column it does."""
        return bool(self.names) and self.names[self.places["rating"]].lower() == "book-rating"

    @property
    def time_parts(self) -> Sequence[str]:
        """The parts of a time that stands in several columns."""
        return [part for part in PARTS if part in self.places]

    def column(self, role: str) -> str:
        """Return how a person knows a column: by its name, or by its number from 1."""
        if role == "movie" and self.blocks:
            return "the line before the rows"
        place = self.places[role]
        return self.names[place] if self.names else str(place + 1)


def block_shape(asked: Asked) -> Shape:
    """Return the shape of a table in blocks, once `is_blocks` has told so."""
    dialect, places = Dialect(",", quoted=False), {"user": 0, "rating": 1, "time": 2}
    return Shape(dialect, (), 3, places, TEXT, True, blocks=True, mapped_users=asked.map_users)


def shape_of(sample: Sample, asked: Asked, table: str) -> Shape:
    """Find the columns of a table; raise `BadInputError` that asks for what cannot be known."""
    places = named_places(sample.names) if sample.names else _usual_places(sample)
    places |= asked_places(asked, sample.names, sample.width, table)
    if "time" not in places and not asked.no_time:
        places |= named_parts(sample.names) or _times_by_content(sample, places)
    if asked.no_time and "time" not in asked.columns:
        places.pop("time", None)
    timeless = asked.no_time or "year" in places
    missing = [role for role in ROLES if role not in places and not (role == "time" and timeless)]
    if missing:
        raise BadInputError(ask_for(missing, sample, table))
    shared = [role for role, place in places.items() if list(places.values()).count(place) > 1]
    if shared:
        raise BadInputError(f"{table}: {' and '.join(shared)} cannot be the same column: give each its own.")
    if not asked.map_users:
        _check_users([row[places["user"]] for row in sample.rows], table)
    time = SPLIT if "year" in places else NO_TIME
    if "time" in places:
        time = _unit_of([row[places["time"]] for row in sample.rows], table)
    movies = [row[places["movie"]] for row in sample.rows]
    numbered = 2 * sum(is_number(one) and len(one) not in _PRODUCT_DIGITS for one in movies) > len(movies)
    return Shape(
        sample.dialect, sample.names, sample.width, places, time, numbered, mapped_users=asked.map_users
    )


def reshaped(shape: Shape, records: Iterable[str], asked: Asked, table: str) -> Shape:
    """Return a shape with the columns that a person names; raise `BadInputError`."""
    if shape.blocks:
        raise BadInputError(
            f"{table} has blocks of a movie each, with columns of their own: leave --columns out."
        )
    rows = [row for record in records if len(row := _fields(shape.dialect, record)) == shape.width]
    sample = Sample(shape.dialect, shape.names, rows, shape.width)
    kept = {role: str(place + 1) for role, place in shape.places.items() if role in ROLES}
    no_time = shape.time == NO_TIME and "time" not in asked.columns
    now = Asked({**kept, **asked.columns}, no_time=no_time, map_users=shape.mapped_users)
    return replace(shape_of(sample, now, table), numbered=shape.numbered)


def _fields(dialect: Dialect, record: str) -> list[str]:
    try:
        return dialect.split(record)
    except csv.Error:
        return []


def _check_users(users: Sequence[str], table: str) -> None:
    texts = [user for user in users if not is_number(user)]
    if 2 * len(texts) > len(users):
        raise BadInputError(
            f"{table} has users that are texts, such as {texts[0]!r}, and users are numbers here: with "
            "`--users map` each text gets a number that stays, and `import --user TEXT` prints it."
        )


def _usual_places(sample: Sample) -> dict[str, int]:
    """Return the columns of MovieLens' tables without a header: user, movie, rating, seconds."""
    usual = sample.dialect.delimiter in ("\t", "::") and sample.width == len(ROLES)
    if usual and 2 * sum(all(map(is_number, row)) for row in sample.rows) > len(sample.rows):
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
