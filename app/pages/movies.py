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

    Popular is one for which popularity speaks more than all else; `others` says that much is said by neither.
    """

    movie_id: str
    title: str
    year: str | None
    genres: tuple[str, ...]
    because: tuple[str, ...] = ()
    others: bool = False
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
    own = tuple(split_title(movies.titles[one])[0] for one, _ in why.titles)
    others = sum(share for _, share in why.titles) < MOST
    return Movie(movies.ids[row], name, year, genres, own, others, why.popular > MOST)


def best_known(recommender: Recommender, rows: Iterable[int], most: int) -> list[Movie]:
    """Return the most popular of some movies, most popular first."""
    popularity = recommender.model.arrays["item_popularity"]
    ordered = sorted(rows, key=lambda row: (-popularity[row], row))
    return [movie(recommender, row) for row in ordered[:most]]


def some_users(recommender: Recommender, most: int) -> list[int]:
    """Return a few users who have a stored list, for somebody who knows none."""
    arrays = recommender.model.arrays
    rows = np.flatnonzero(arrays["user_list_row"] >= 0)[:most]
    users: list[int] = arrays["user_ids"][rows].tolist()
    return users
