"""Movies as people read them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.recommender import Recommender
from app.scoring.reasons import Why

YEAR = re.compile(r"\s*\(([0-9]{4})\)\s*\Z")
ARTICLE_LAST = re.compile(r"(.+), (The|An|A)\Z", re.DOTALL)
NOTHING = Why([], 0.0)
MOST = 0.5  # of all that speaks for a movie


@dataclass(frozen=True, slots=True)
class Movie:
    """What is shown of one movie; `because` are titles of the user's own that speak for it.

    Popular is one for which popularity speaks more than all else.
    """

    movie_id: str
    title: str
    year: str | None
    genres: tuple[str, ...]
    because: str = ""
    popular: bool = False


def split_title(title: str) -> tuple[str, str | None]:
    """Return a title as it is spoken, and its year: ("The Matrix", "1999") of "Matrix, The (1999)"."""
    found = YEAR.search(title)
    name = title[: found.start()] if found else title
    if moved := ARTICLE_LAST.match(name):
        name = f"{moved[2]} {moved[1]}"
    return (name, found[1]) if found and name else (title, None)


def movie(recommender: Recommender, row: int, why: Why = NOTHING) -> Movie:
    """Return what is shown of a row of the model."""
    movies = recommender.model.movies
    mask = recommender.model.arrays["genre_mask"][:, row]
    genres = tuple(movies.genres[at] for at in np.flatnonzero(mask).tolist())
    name, year = split_title(movies.titles[row])
    own = joined([split_title(movies.titles[one])[0] for one, _ in why.titles])
    return Movie(movies.ids[row], name, year, genres, own, why.popular > MOST)


def joined(words: list[str]) -> str:
    """Return "A, B and C"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def best_known(recommender: Recommender, rows: Iterable[int], most: int) -> list[Movie]:
    """Return the most popular of some movies, most popular first."""
    popularity = recommender.model.arrays["item_popularity"]
    ordered = sorted(rows, key=lambda row: (-popularity[row], row))
    return [movie(recommender, row) for row in ordered[:most]]
