"""Two tracks' lists of one user beside each other, and what moved."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.config import TRACKS
from app.pages.movies import Movie, movie
from app.parameters import Shown
from app.recommender import Recommender


@dataclass(frozen=True, slots=True)
class Placed:
    """One movie of a list, and in words where the other list has it."""

    movie: Movie
    elsewhere: str
    moved: bool


@dataclass(frozen=True, slots=True)
class Column:
    """The list of one track."""

    track: str
    model: str
    movies: list[Placed]


@dataclass(frozen=True, slots=True)
class Beside:
    """Stable's list, then the canary's; how many movies are in both, and how many of them at one place."""

    columns: tuple[Column, ...]
    shared: int
    same: int

    @property
    def is_equal(self) -> bool:
        return all(self.same == len(column.movies) for column in self.columns)


def other_track(track: str) -> str:
    """Return the track that is not this one."""
    return next(one for one in TRACKS if one != track)


def beside(recommender: Recommender, track: str, movies: Sequence[Movie], shown: Shown) -> Beside:
    """Hold the list of a track against the one that the other track has shown."""
    rows = recommender.rows_of(shown.movies)
    others = [
        Movie(one, one, None, ()) if row < 0 else movie(recommender, row)
        for one, row in zip(shown.movies, rows, strict=True)
    ]
    other = other_track(track)
    columns = [
        Column(track, recommender.model.version, _placed(movies, others, other)),
        Column(other, shown.model, _placed(others, movies, track)),
    ]
    columns.sort(key=lambda column: TRACKS.index(column.track))
    ids = [one.movie_id for one in movies]
    shared = sum(one in ids for one in shown.movies)
    same = sum(one == another for one, another in zip(ids, shown.movies, strict=False))
    return Beside(tuple(columns), shared, same)


def _placed(movies: Sequence[Movie], others: Sequence[Movie], track: str) -> list[Placed]:
    places = {one.movie_id: place for place, one in enumerate(others, 1)}
    return [
        Placed(one, _words(place, places.get(one.movie_id), track), places.get(one.movie_id) != place)
        for place, one in enumerate(movies, 1)
    ]


def _words(place: int, elsewhere: int | None, track: str) -> str:
    if elsewhere is None:
        return f"Not in the list of {track}"
    return f"Same place in {track}" if elsewhere == place else f"Place {elsewhere} in {track}"
