"""Which column of a table is which: by name, and where names do not say it, by content."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auto_deployment.errors import BadInputError

ROLES = ("user", "movie", "rating", "time")
# In order: of several columns of one role the first of these names is taken.
NAMES: Mapping[str, tuple[str, ...]] = {
    "user": ("userid", "user", "uid", "userno", "reviewerid", "customerid", "customer", "raterid", "rater"),
    "movie": (
        *("movieid", "movie", "filmid", "film", "itemid", "item", "iid", "productid", "product", "titleid"),
        *("asin", "parentasin", "isbn", "animeid", "bookid", "contentid", "tconst", "movietitle"),
    ),
    "rating": (
        "rating",
        "ratings",
        "stars",
        "star",
        "score",
        "overall",
        "bookrating",
        "userrating",
        "ratingvalue",
    ),
    "time": (
        *("timestamp", "time", "unixreviewtime", "unixtime", "ts", "datetime", "ratingtimestamp", "ratedat"),
        *("ratedon", "createdat", "date", "ratingdate", "reviewtime", "reviewdate"),
    ),
}
TITLE, GENRES = ("title", "movietitle", "name"), ("genres", "genre", "categories")
YEAR = ("year", "releaseyear", "movieyear")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person said of a table: columns by name or number from 1, and what it does not have."""

    columns: Mapping[str, str] = field(default_factory=dict)
    no_time: bool = False
    no_titles: bool = False
    map_users: bool = False  # they are texts, and get numbers


def plain(name: str) -> str:
    """Return a column's name as it is compared: `User-ID` is `userid`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def place_of(names: Sequence[str], words: Sequence[str]) -> int | None:
    """Return the place of the first of these words among the names."""
    known = [plain(name) for name in names]
    return next((known.index(word) for word in words if word in known), None)


def named_places(names: Sequence[str]) -> dict[str, int]:
    """Return the place of each role that a name tells."""
    places = {role: place_of(names, words) for role, words in NAMES.items()}
    return {role: place for role, place in places.items() if place is not None}


def is_header(first: Sequence[str], second: Sequence[str] | None) -> bool:
    """Tell names of columns from a row: two are known, or none is a number where the next row has several."""
    if len(named_places(first)) >= 2 or (place_of(first, TITLE) is not None and named_places(first)):
        return True
    if second is None or any(map(is_number, first)):
        return False
    return sum(map(is_number, second)) >= 2


def is_number(text: str) -> bool:
    return re.fullmatch(r"\s*-?[0-9]+(?:[.,][0-9]*)?\s*", text) is not None


def asked_places(asked: Asked, names: Sequence[str], width: int, table: str) -> dict[str, int]:
    """Return the places of the columns that a person named; raise `BadInputError`."""
    places = {}
    for role, column in asked.columns.items():
        if column in names:
            places[role] = list(names).index(column)
        elif (place := place_of(names, [plain(column)])) is not None:
            places[role] = place
        elif column.isdigit() and 1 <= int(column) <= width:
            places[role] = int(column) - 1
        else:
            has = ", ".join(names) if names else f"{width} without names, 1 to {width}"
            raise BadInputError(f"{table} has no column {column!r}: it has {has}.")
    return places
