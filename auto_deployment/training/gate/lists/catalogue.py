"""One catalogue of what two models know, so that both are measured by the same yardstick."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.artifact import Model
from auto_deployment.training.gate.lists.measures import Floats

NO_GENRE = "no genre known"
CHUNK = 4_000_000  # numpy counts 8 bytes a number

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every movie of the two models: the candidate's in its order, then those of the champion alone.

    `events` are training events in both models; `genres` has a row a movie, which shares 1 among its genres.
    Where both know a movie the candidate says what it is, but for genres that only the champion knows.
    """

    ids: list[str]
    titles: list[str]
    genre_names: list[str]
    genres: Floats
    events: Ints
    row_of_champion: Ints  # by the champion's own row


def merge_catalogues(champion: Model, challenger: Model) -> Catalogue:
    """Make the catalogue of both."""
    ids, titles = list(challenger.movies.ids), list(challenger.movies.titles)
    row_of = {movie: row for row, movie in enumerate(ids)}
    for movie, title in zip(champion.movies.ids, champion.movies.titles, strict=True):
        if row_of.setdefault(movie, len(ids)) == len(ids):
            ids.append(movie)
            titles.append(title)
    rows = np.array([row_of[movie] for movie in champion.movies.ids], dtype=np.int64)
    own = np.arange(len(challenger.movies.ids))
    events = np.zeros(len(ids), dtype=np.int64)
    events[own] += _events(challenger)
    events[rows] += _events(champion)
    names = sorted({*challenger.movies.genres, *champion.movies.genres})
    mask = np.zeros((len(ids), len(names)), dtype=np.bool_)
    for model, at in ((champion, rows), (challenger, own)):
        known = np.flatnonzero(model.arrays["genre_mask"].any(axis=0))
        mask[at[known]] = False
        columns = np.array([names.index(name) for name in model.movies.genres], dtype=np.int64)
        mask[np.ix_(at[known], columns)] = model.arrays["genre_mask"][:, known].T
    return Catalogue(ids, titles, [*names, NO_GENRE], _shared(mask), events, rows)


def _shared(mask: npt.NDArray[np.bool_]) -> Floats:
    whole = np.column_stack([mask, ~mask.any(axis=1)])
    shares: Floats = whole / whole.sum(axis=1, keepdims=True)
    return shares


def _events(model: Model) -> Ints:
    seen, movies = model.arrays["seen_items"], len(model.movies.ids)
    counts = np.zeros(movies, dtype=np.int64)
    for start in range(0, len(seen), CHUNK):
        counts += np.bincount(seen[start : start + CHUNK], minlength=movies)
    return counts
