"""Recognise a file by its first lines; its name plays no part."""

import re
from enum import StrEnum

from auto_deployment.dataset.events import Rejection, parse

HEAD_BYTES = 65_536
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MOST_LINES = 200


class Family(StrEnum):
    """Sources that are understood."""

    MOVIELENS = "MovieLens CSV"
    MOVIELENS_100K = "MovieLens 100K"
    MOVIELENS_1M = "MovieLens 1M"
    CLEAN_RATINGS = "clean ratings"
    STREAM = "event lines"


class Role(StrEnum):
    """What a file is within its source."""

    EVENTS = "ratings"
    MOVIES = "movies"
    USERS = "users"


Kind = tuple[Family, Role]

COLUMNS: dict[Kind, frozenset[str]] = {
    (Family.MOVIELENS, Role.EVENTS): frozenset(("userId", "movieId", "rating", "timestamp")),
    (Family.MOVIELENS, Role.MOVIES): frozenset(("movieId", "title", "genres")),
    (Family.CLEAN_RATINGS, Role.EVENTS): frozenset(("time", "user_id", "movie_id", "rating")),
}
# The first that fits most lines: users of the 1M set would also pass for movies.
_SHAPES: tuple[tuple[Kind, re.Pattern[bytes]], ...] = (
    ((Family.MOVIELENS_100K, Role.EVENTS), re.compile(rb"\d+\t\d+\t\d+\t\d+")),
    ((Family.MOVIELENS_100K, Role.USERS), re.compile(rb"\d+\|\d+\|[MF]\|[^|]*\|[^|]*")),
    ((Family.MOVIELENS_100K, Role.MOVIES), re.compile(rb"\d+(?:\|[^|]*){4}(?:\|[01]){19}")),
    ((Family.MOVIELENS_1M, Role.EVENTS), re.compile(rb"\d+::\d+::[\d.]+::\d+")),
    ((Family.MOVIELENS_1M, Role.USERS), re.compile(rb"\d+::[MF]::\d+::\d+::.*")),
    ((Family.MOVIELENS_1M, Role.MOVIES), re.compile(rb"\d+::.+::[^:]*")),
)


def is_text(head: bytes) -> bool:
    """Tell text from archives and other binary files."""
    return b"\0" not in head


def kind_of(head: bytes) -> Kind | None:
    """Recognise a file by its first bytes: by its header, or by what most of its lines are."""
    lines = [line.removesuffix(b"\r") for line in head.removeprefix(BYTE_ORDER_MARK).split(b"\n")]
    if len(head) >= HEAD_BYTES:
        lines.pop()  # cut off in the middle
    lines = [line for line in lines if line.strip()][:_MOST_LINES]
    if not lines or not is_text(head):
        return None
    header = frozenset(lines[0].decode("latin-1").split(","))
    for kind, columns in COLUMNS.items():
        if columns <= header:
            return kind
    for kind, shape in _SHAPES:
        if 2 * sum(shape.fullmatch(line) is not None for line in lines) > len(lines):
            return kind
    if 2 * sum(_is_event(line) for line in lines) > len(lines):
        return Family.STREAM, Role.EVENTS
    return None


def _is_event(line: bytes) -> bool:
    result = parse(line, rating_scale=(0, 10))
    return not isinstance(result, Rejection) or result.event is not None
