"""The movie tables of MovieLens: source ids, titles and genres in three layouts."""

from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import pandas as pd

from auto_deployment.dataset.events import Reason
from auto_deployment.ingest.importing.remembered import Remembered, given_ids
from auto_deployment.ingest.importing.rows import UnusableRowError, without_fraction
from auto_deployment.ingest.importing.sniff import Family
from auto_deployment.ingest.importing.text_fields import Lines, Refuse, read_rows
from auto_deployment.ingest.importing.titles import Title, movie_ids, read_title

TITLE = "title"
_NO_GENRES = "(no genres listed)"
_GENRES_100K = (
    *("", "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)


@dataclass(frozen=True, slots=True)
class MovieTable:
    """The catalogue rows of a source, and the movie id of each of its own ids.

    `catalogue` is the name under which these ids are remembered. `source_ids` are the rows that
    remember them, `remembered` what was remembered before.
    """

    frame: pd.DataFrame
    ids: dict[bytes, str]
    catalogue: str
    source_ids: pd.DataFrame
    remembered: pd.DataFrame


class _Movie(NamedTuple):
    title: Title
    genres: list[str]


def read_movie_table(family: Family, lines: Lines, refuse: Refuse, remembered: Remembered) -> MovieTable:
    """Read all movies; `refuse` is told of each row that cannot be taken."""
    rows = read_rows(lines, _read_100k if family is Family.MOVIELENS_100K else _read_usual, refuse)
    titles = {source_id: row.title for source_id, row in rows.items()}
    given = given_ids(remembered, family.name.lower(), titles)
    ids = movie_ids(titles, given.ids)
    frame = pd.DataFrame(
        {
            "movie_id": [ids[source_id] for source_id in rows],
            "title": [row.title.name for row in rows.values()],
            "genres": [row.genres for row in rows.values()],
            "year": [row.title.year for row in rows.values()],
            "runtime_min": [None] * len(rows),
        }
    )
    source_ids = pd.DataFrame(
        {"catalogue": given.catalogue, "source_id": list(ids), "movie_id": list(ids.values())}
    )
    by_number = {one.encode(): movie_id for one, movie_id in ids.items()}
    return MovieTable(frame, by_number, given.catalogue, source_ids, remembered.source_ids)


def _read_usual(fields: list[str]) -> tuple[str, _Movie]:
    if len(fields) != 3:
        raise UnusableRowError(Reason.FIELDS)
    source_id, printed, genres = fields
    listed = [] if genres == _NO_GENRES else [genre for genre in genres.split("|") if genre]
    return _read_movie(source_id, printed, listed)


def _read_100k(fields: list[str]) -> tuple[str, _Movie]:
    source_id, printed, flags = "".join(fields[:1]), "".join(fields[1:2]), fields[5:]
    if len(flags) != len(_GENRES_100K) or not set(flags) <= {"0", "1"}:
        raise UnusableRowError(Reason.FIELDS)
    return _read_movie(
        source_id, printed, [genre for genre in compress(_GENRES_100K, map(int, flags)) if genre]
    )


def _read_movie(source_id: str, printed: str, genres: list[str]) -> tuple[str, _Movie]:
    source_id = without_fraction(source_id)
    if not (source_id.isascii() and source_id.isdigit()):
        raise UnusableRowError(Reason.MOVIE_ID)
    title = read_title(printed)
    if not title.name:
        raise UnusableRowError(TITLE)
    return source_id, _Movie(title, genres)
