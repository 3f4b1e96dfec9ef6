"""Recognise a file by its first lines; its name plays no part."""

import re
from collections.abc import Sequence
from enum import StrEnum

from auto_deployment.dataset.events import Rejection, parse
from auto_deployment.ingest.importing.tables.columns import GENRES, NAMES, TITLE, YEAR, named_places, place_of
from auto_deployment.ingest.importing.tables.sample import Sample, is_blocks, lines_of, sample_of

_MOST_LINES = 200
_NEEDED = {"user", "movie", "rating"}


class Family(StrEnum):
    """Sources that are understood."""

    MOVIELENS = "MovieLens CSV"
    MOVIELENS_100K = "MovieLens 100K"
    MOVIELENS_1M = "MovieLens 1M"
    CLEAN_RATINGS = "clean ratings"
    NETFLIX = "ratings in blocks of a movie each"
    TABLE = "table of ratings"
    STREAM = "event lines"


class Role(StrEnum):
    """What a file is within its source."""

    EVENTS = "ratings"
    MOVIES = "movies"
    USERS = "users"
    UNNAMED = "columns without names"  # ratings, if a person says which column is which


Kind = tuple[Family, Role]

_HEADERS: dict[Family, frozenset[str]] = {
    Family.MOVIELENS: frozenset(("userId", "movieId", "rating", "timestamp")),
    Family.CLEAN_RATINGS: frozenset(("time", "user_id", "movie_id", "rating")),
}
# The first that fits most lines: users of the 1M set would also pass for movies.
_SHAPES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ((Family.MOVIELENS_100K, Role.EVENTS), re.compile(r"\d+\t\d+\t\d+\t\d+\r?")),
    ((Family.MOVIELENS_100K, Role.USERS), re.compile(r"\d+\|\d+\|[MF]\|[^|]*\|[^|]*")),
    ((Family.MOVIELENS_100K, Role.MOVIES), re.compile(r"\d+(?:\|[^|]*){4}(?:\|[01]){19}\r?")),
    ((Family.MOVIELENS_1M, Role.EVENTS), re.compile(r"\d+::\d+::[\d.]+::\d+\r?")),
    ((Family.MOVIELENS_1M, Role.USERS), re.compile(r"\d+::[MF]::\d+::\d+::.*")),
    ((Family.MOVIELENS_1M, Role.MOVIES), re.compile(r"\d+::(?:(?!::).)+::[^:]*")),
    ((Family.NETFLIX, Role.MOVIES), re.compile(r"\d+,(?:\d{4}|NULL),\D.*")),
)


def is_text(head: bytes) -> bool:
    """Tell text from archives and other binary files."""
    return b"\0" not in head


def kind_of(head: bytes) -> Kind | None:
    """Recognise a file by its first bytes: by its header, or by what most of its lines are."""
    lines = lines_of(head)[:_MOST_LINES]
    if not lines or not is_text(head):
        return None
    if is_blocks(head):
        return Family.NETFLIX, Role.EVENTS
    if 2 * sum(_is_event(line) for line in lines) > len(lines):
        return Family.STREAM, Role.EVENTS
    for kind, shape in _SHAPES:
        if 2 * sum(shape.fullmatch(line) is not None for line in lines) > len(lines):
            return kind
    sample = sample_of(head)
    return None if sample is None else _kind_of_table(sample)


def _kind_of_table(sample: Sample) -> Kind | None:
    for family, header in _HEADERS.items():
        if header <= frozenset(sample.names):
            return family, Role.EVENTS
    places = named_places(sample.names)
    if places.keys() >= _NEEDED:
        return Family.TABLE, Role.EVENTS
    if movie_places(sample.names):
        return Family.MOVIELENS, Role.MOVIES
    return (Family.TABLE, Role.UNNAMED) if sample.rows and not sample.names else None


def movie_places(names: Sequence[str]) -> dict[str, int]:
    """Return where a movie table has its ids, titles, genres and years; nothing if it is none."""
    movie, title = place_of(names, (*NAMES["movie"][:-1], "id")), place_of(names, TITLE)
    if movie is None or title is None or place_of(names, NAMES["user"]) is not None:
        return {}
    others = {"genres": place_of(names, GENRES), "year": place_of(names, YEAR)}
    return {"id": movie, "title": title} | {name: one for name, one in others.items() if one is not None}


def _is_event(line: str) -> bool:
    result = parse(line.encode(), rating_scale=(0, 10))
    return not isinstance(result, Rejection) or result.event is not None
