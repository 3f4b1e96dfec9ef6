"""How each kind of ratings table is read: where its fields stand, its rating scale, its rows."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from auto_deployment.dataset.catalog import known_movies
from auto_deployment.dataset.events import Rating, Reason, parse
from auto_deployment.ingest.importing.lines import Progress, ignore_progress, read_lines
from auto_deployment.ingest.importing.movie_tables import MovieTable
from auto_deployment.ingest.importing.parts import LineSorter, Part
from auto_deployment.ingest.importing.recognise import Source
from auto_deployment.ingest.importing.rows import (
    RatingReader,
    RowReader,
    UnusableRowError,
    read_seconds,
    read_time,
)
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.platform.movie_ids import MovieIds
from auto_deployment.ingest.sort_lines import sort_lines
from auto_deployment.ingest.stream import TextLine

HAS_HEADER = (Family.MOVIELENS, Family.CLEAN_RATINGS)

_SEPARATORS = {
    Family.MOVIELENS: b",",
    Family.MOVIELENS_100K: b"\t",
    Family.MOVIELENS_1M: b"::",
    Family.CLEAN_RATINGS: b",",
}
_WORDS = {
    "user": ("userId", "user_id"),
    "movie": ("movieId", "movie_id"),
    "rating": ("rating",),
    "time": ("timestamp", "time"),
}
_HALF_STARS, _ONE_TO_FIVE, _ONE_TO_TEN = (0.5, 5.0), (1.0, 5.0), (1.0, 10.0)
# Of ratings on 1-10 far more are above 5 than damage can make of a table on 1-5.
_SHARE_ABOVE_FIVE = 0.01
_SAMPLE_LINES = 10_000


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Where the fields of a ratings table stand; `places` are of user, movie, rating and time."""

    separator: bytes
    width: int
    places: Mapping[str, int]


def layout_of(family: Family, table: Path) -> TableLayout:
    """Return the layout of a table, by its header where it has one."""
    separator = _SEPARATORS[family]
    if family not in HAS_HEADER:
        return TableLayout(separator, len(_WORDS), {name: place for place, name in enumerate(_WORDS)})
    _, first = next(read_lines(table))
    header = first.removesuffix(b"\r").decode("latin-1").split(",")
    places = {name: header.index(word) for name, words in _WORDS.items() for word in words if word in header}
    return TableLayout(separator, len(header), places)


def scale_of(family: Family, table: Path, progress: Progress = ignore_progress) -> tuple[float, float]:
    """Return the rating scale of a table: what its family says, or what its ratings show."""
    if family is Family.MOVIELENS:
        return _HALF_STARS
    if family is Family.MOVIELENS_1M:  # the 10M set has the same layout, and half stars
        fields = (line.split(b"::") for _, line in islice(read_lines(table), _SAMPLE_LINES))
        return _HALF_STARS if any(b"." in row[2] for row in fields if len(row) == 4) else _ONE_TO_FIVE
    if family is Family.CLEAN_RATINGS:
        return _shown_scale(table, progress)
    return _ONE_TO_FIVE


def _shown_scale(table: Path, progress: Progress) -> tuple[float, float]:
    layout, read_rating = layout_of(Family.CLEAN_RATINGS, table), RatingReader(_ONE_TO_TEN)
    ratings = above = 0
    for _, line in read_lines(table, progress):
        fields = line.removesuffix(b"\r").split(layout.separator)
        try:
            rating = read_rating(fields[layout.places["rating"]] if len(fields) == layout.width else b"")
        except UnusableRowError:
            continue
        ratings += 1
        above += rating > _ONE_TO_FIVE[1]
    return _ONE_TO_TEN if above > _SHARE_ABOVE_FIVE * ratings else _ONE_TO_FIVE


def table_sorter(
    layout: TableLayout, family: Family, scale: tuple[float, float], read_movie: Callable[[bytes], str]
) -> LineSorter:
    """Return what puts rows of this table into a part, or into its quarantine."""
    read_time_us = read_time if family is Family.CLEAN_RATINGS else read_seconds
    read = RowReader(
        layout.separator, layout.width, layout.places, read_movie, RatingReader(scale), read_time_us
    )

    def sort(lines: Sequence[TextLine], part: Part) -> None:
        add = part.builder.add_rating
        for offset, line in lines:
            try:
                row = read(line)
            except UnusableRowError as refused:
                part.reject(line, refused.reason, 0, offset)
            else:
                add(*row)

    return sort


def numbered_movies(ids: Mapping[bytes, str]) -> Callable[[bytes], str]:
    """Return what reads the movie field of a source that has a movie table."""

    def read_movie(field: bytes) -> str:
        movie_id = ids.get(field)
        if movie_id is None:
            raise UnusableRowError(Reason.UNKNOWN_MOVIE if field.isdigit() else Reason.MOVIE_ID)
        return movie_id

    return read_movie


def named_movies(known: AbstractSet[str]) -> Callable[[bytes], str]:
    """Return what reads movie ids as the stream has them; `known`, unless empty, says which there are."""
    checked: dict[bytes, str] = {}

    def read_movie(field: bytes) -> str:
        movie_id = checked.get(field)
        if movie_id is None:
            rating = parse(b"2000-01-01T00:00,1,GET /rate/" + field + b"=1")
            if not isinstance(rating, Rating):
                raise UnusableRowError(Reason.MOVIE_ID)
            movie_id = rating.movie_id
            if known and movie_id not in known:
                raise UnusableRowError(Reason.UNKNOWN_MOVIE)
            checked[field] = movie_id
        return movie_id

    return read_movie


Scale = tuple[float, float]


def line_sorter(source: Source, scale: Scale, movies: MovieTable | None, catalog: Path) -> LineSorter:
    """Return what sorts the lines of a source; one that names its movies is held against the catalogue."""
    if source.family is Family.STREAM:
        return partial(_sort_events, movies=MovieIds(known_movies(catalog)), scale=scale)
    read_movie = named_movies(known_movies(catalog)) if movies is None else numbered_movies(movies.ids)
    return table_sorter(layout_of(source.family, source.events), source.family, scale, read_movie)


def _sort_events(lines: Sequence[TextLine], part: Part, movies: MovieIds, scale: Scale) -> None:
    sort_lines(lines, 0, part, movies, scale)
