"""The training part as arrays, users and movies numbered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from auto_deployment.dataset.arrays import BoolArray, Float32Array, IndexArray, Int32Array, Int64Array
from auto_deployment.training.errors import NotEnoughDataError
from auto_deployment.training.prepare.interactions import microseconds


@dataclass(frozen=True, slots=True)
class Trainset:
    """N interactions of U users and M movies, sorted by user, then time, then movie.

    user_ids (U,) ascending, movie_ids (M,) by alphabet; users, movies, rating (1-5 or NaN), watched (0-1 or
    NaN) and time_us (N,).
    """

    user_ids: Int64Array
    movie_ids: list[str]
    users: Int32Array
    movies: Int32Array
    rating: Float32Array
    watched: Float32Array
    time_us: Int64Array

    @property
    def is_rated(self) -> BoolArray:
        return ~np.isnan(self.rating)

    def events_per_user(self) -> Int32Array:
        return np.bincount(self.users, minlength=len(self.user_ids)).astype(np.int32)

    def ratings_per_user(self) -> Int32Array:
        return np.bincount(self.users[self.is_rated], minlength=len(self.user_ids)).astype(np.int32)

    def events_per_movie(self) -> Int32Array:
        return np.bincount(self.movies, minlength=len(self.movie_ids)).astype(np.int32)

    def age(self) -> Int32Array:
        """Return how many later events the user of each one has."""
        ends = np.cumsum(self.events_per_user(), dtype=np.int64)
        return (ends[self.users] - 1 - np.arange(len(self.users))).astype(np.int32)

    def indptr(self) -> Int64Array:
        """Return where each user's interactions begin and end, shape (U + 1,)."""
        return np.concatenate([[0], np.cumsum(self.events_per_user(), dtype=np.int64)])

    def only(self, which: BoolArray) -> "Trainset":
        """Keep these interactions; users and movies keep their rows, also without any."""
        columns = ("users", "movies", "rating", "watched", "time_us")
        return replace(self, **{name: getattr(self, name)[which] for name in columns})


def movie_rows(movies: pd.Series, ids: Sequence[str]) -> IndexArray:
    """Return the place among `ids` of each movie of a categorical column, -1 where it is not among them."""
    of_category: IndexArray = pd.Index(ids).get_indexer(pd.Index(movies.cat.categories))
    return of_category[movies.cat.codes.to_numpy()]


def make_trainset(train: pd.DataFrame) -> Trainset:
    """Number users and movies; raise `NotEnoughDataError` where nothing can be learnt from."""
    user_ids, users = np.unique(train["user_id"].to_numpy(), return_inverse=True)
    codes, movies = np.unique(train["movie_id"].cat.codes.to_numpy(), return_inverse=True)
    ids = [str(movie) for movie in train["movie_id"].cat.categories[codes]]
    if len(user_ids) < 2 or len(ids) < 2:
        raise NotEnoughDataError(
            f"The training part has {len(user_ids)} user(s) and {len(ids)} movie(s), a model needs two of "
            "each at least: import or ingest more events."
        )
    return Trainset(
        user_ids=user_ids,
        movie_ids=ids,
        users=users.astype(np.int32),
        movies=movies.astype(np.int32),
        rating=train["rating"].to_numpy(dtype=np.float32),
        watched=train["watched"].to_numpy(dtype=np.float32),
        time_us=microseconds(train["time"]),
    )
