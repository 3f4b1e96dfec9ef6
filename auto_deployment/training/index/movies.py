"""The catalogue's table as what is searched for."""

import re

import pandas as pd

from search.movies import Movie

YEAR = re.compile(r"\s*\((\d{4})\)$")


def as_movies(frame: pd.DataFrame) -> list[Movie]:
    """Return the rows of the catalogue's table; a year at the end of a title is the movie's."""
    years = frame["year"].astype("Int32").fillna(0).astype(int)
    genres = ([] if one is None else list(map(str, one)) for one in frame["genres"])
    columns = zip(frame["movie_id"], frame["title"], genres, years, strict=True)
    return [_movie(movie_id, title, listed, year or None) for movie_id, title, listed, year in columns]


def undescribed(movie_id: str) -> Movie:
    """Return a movie of which nothing but its id is known."""
    return _movie(movie_id, None, [], None)


def _movie(movie_id: str, title: object, genres: list[str], year: int | None) -> Movie:
    # A movie of the stream that nobody has described has its id only: words joined by `+`.
    name = title if isinstance(title, str) and title.strip() else movie_id.replace("+", " ").strip()
    found = YEAR.search(name)
    if found and year in (None, int(found[1])):
        year, name = int(found[1]), name[: found.start()] or name
    return Movie(movie_id, name, year, tuple(genres))
