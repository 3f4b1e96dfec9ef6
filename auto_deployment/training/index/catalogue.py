"""The catalogue as it is searched for."""

import re
from pathlib import Path

import pandas as pd

from auto_deployment.dataset.catalog import MOVIES
from search.movies import Movie

YEAR = re.compile(r"\s*\((\d{4})\)$")


def read_movies(directory: Path) -> list[Movie]:
    """Return the movies of a catalogue; none where there is no catalogue. Raises `CatalogError`."""
    return as_movies(MOVIES.read(directory))


def as_movies(frame: pd.DataFrame) -> list[Movie]:
    """Return the rows of the catalogue's table; a year at the end of a title is the movie's."""
    years = frame["year"].astype("Int32").fillna(0).astype(int)
    genres = ([] if one is None else list(map(str, one)) for one in frame["genres"])
    columns = zip(frame["movie_id"], frame["title"], genres, years, strict=True)
    return [_movie(movie_id, title, listed, year or None) for movie_id, title, listed, year in columns]


def _movie(movie_id: str, title: object, genres: list[str], year: int | None) -> Movie:
    # A movie of the stream that nobody has described has its id only: words joined by `+`.
    name = title if isinstance(title, str) and title.strip() else movie_id.replace("+", " ").strip()
    found = YEAR.search(name)
    if found and year in (None, int(found[1])):
        year, name = int(found[1]), name[: found.start()] or name
    return Movie(movie_id, name, year, tuple(genres))
