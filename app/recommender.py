"""Answers from a model: stored lists where there are some, live scores elsewhere, popularity for new users.

Training scores and gates through this class, so that what is measured is what is served.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.artifact import Model

PERSONAL = "personal"
POPULAR = "popular"
RATING_MIN, RATING_MAX = 1.0, 5.0
MAX_USER_ID = 2**63 - 1

Rows = npt.NDArray[np.intp]
Scores = npt.NDArray[np.float32]


class UnknownMovieError(LookupError):
    """The model has no such movie."""


class UnknownGenreError(LookupError):
    """The model has no such genre."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An ordered list: rows into the model's movies, best first, and where it comes from."""

    rows: list[int]
    source: str


class Recommender:
    """One model, ready to answer. Immutable: safe to share between threads."""

    def __init__(self, model: Model) -> None:
        arrays = model.arrays
        self.model = model
        self.movie_ids = model.movies.ids
        self._row_of_movie = {movie: row for row, movie in enumerate(self.movie_ids)}
        self._row_of_genre = {name.casefold(): row for row, name in enumerate(model.movies.genres)}
        scalars = model.manifest["scalars"]
        self._min_events = int(scalars["min_events"])
        self._rank_factors = int(scalars["rank_factors"])
        self._global_mean = float(scalars["global_mean"])
        self._user_ids = arrays["user_ids"]
        self._user_count = len(arrays["user_ids"])
        self._user_events = arrays["user_events"]
        self._user_factors = arrays["user_factors"]
        self._user_blend = arrays["user_blend"]
        self._user_bias = arrays["user_bias"]
        self._user_list_row = arrays["user_list_row"]
        self._top_items = arrays["top_items"]
        self._seen_indptr = arrays["seen_indptr"]
        self._seen_items = arrays["seen_items"]
        self._item_factors = arrays["item_factors"]
        self._popular_order = arrays["popular_order"]
        self._item_popularity = arrays["item_popularity"]
        self._genre_mask = arrays["genre_mask"]
        # Worked out once: popular lists of a genre and similarities would pass over all movies otherwise.
        self._popular_in_genre = [self._popular_order[mask[self._popular_order]] for mask in self._genre_mask]
        ranking = self._item_factors[:, : self._rank_factors]
        self._norms = np.sqrt(np.einsum("ij,ij->i", ranking, ranking)) + np.float32(1e-9)

    @property
    def stored_length(self) -> int:
        """Length of the stored lists: longer answers are computed."""
        return int(self._top_items.shape[1])

    def user_row(self, user_id: int) -> int | None:
        """Return the user's row in the model's arrays, None for a user whom training never saw."""
        if not 0 <= user_id <= MAX_USER_ID:
            return None
        row = int(self._user_ids.searchsorted(user_id))
        return row if row < self._user_count and self._user_ids[row] == user_id else None

    def movie_row(self, movie_id: str) -> int:
        """Return the movie's row; raise `UnknownMovieError` when the model has no such movie."""
        try:
            return self._row_of_movie[movie_id]
        except KeyError:
            raise UnknownMovieError(movie_id) from None

    def genre_row(self, genre: str) -> int:
        """Return the genre's row, whatever its case; raise `UnknownGenreError` when no movie has it."""
        try:
            return self._row_of_genre[genre.casefold()]
        except KeyError:
            raise UnknownGenreError(genre) from None

    def recommend(
        self, user_id: int, n: int = 20, exclude: Collection[str] = (), genre: str | None = None
    ) -> Answer:
        """Return up to n movies for a user, best first, never one of the user's training data.

        Fewer than n only where fewer are left. Ids in `exclude` that the model does not know exclude nothing.
        Raises `UnknownGenreError`.
        """
        row = self.user_row(user_id)
        if row is None:
            return self.popular(n, exclude, genre)
        if self._user_events[row] < self._min_events:
            return self.popular(n, exclude, genre, user_row=row)
        stored = self._user_list_row[row]
        if stored >= 0:
            rows = self._from_stored(self._top_items[stored], n, exclude, genre)
            if len(rows) == n:
                return Answer(rows, PERSONAL)
        return Answer(self._from_scores(row, n, exclude, genre), PERSONAL)

    def popular(
        self,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
        user_row: int | None = None,
    ) -> Answer:
        """Return the n most popular movies, without the training movies of the user, when one is given."""
        order = self._popular_order if genre is None else self._popular_in_genre[self.genre_row(genre)]
        hidden = self._known(exclude)
        if user_row is not None:
            hidden.update(self.seen_rows(user_row).tolist())
        return Answer(first(order, n, hidden), POPULAR)

    def similar(self, movie_id: str, n: int = 20) -> tuple[list[int], Scores]:
        """Return rows and cosine similarities of the n movies whose ranking factors are closest."""
        target = self.movie_row(movie_id)
        factors = self._item_factors[:, : self._rank_factors]
        scores: Scores = (factors @ factors[target]) / (self._norms * self._norms[target])
        scores[target] = -np.inf
        rows = best(scores, n)
        return rows, scores[rows]

    def scores(self, user_row: int) -> Scores:
        """Score every movie for one user, shape (M,) float32; the user's training movies have -inf."""
        scores: Scores = self._item_factors @ self._user_vector(user_row)
        scores[self.seen_rows(user_row)] = -np.inf
        return scores

    def score_rows(self, user_row: int | None, rows: list[int]) -> list[float]:
        """Return what the rows were ranked by: the blended score, or popularity for a user without one."""
        if user_row is None or self._user_events[user_row] < self._min_events:
            return [float(value) for value in self._item_popularity[rows]]
        return [float(value) for value in self._item_factors[rows] @ self._user_vector(user_row)]

    def predict(self, user_ids: npt.ArrayLike, movie_ids: Collection[str]) -> npt.NDArray[np.float64]:
        """Predict ratings (1-5), one per pair; NaN where training has not seen the user or the movie.

        Biased matrix factorisation: mean + b_u + b_i + p_u . q_i (Koren, Bell & Volinsky, 2009, eq. 5).
        """
        wanted = np.asarray(user_ids, dtype=np.int64)
        known = self.model.arrays["user_ids"]
        users = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        movies = np.array([self._row_of_movie.get(movie, -1) for movie in movie_ids], dtype=np.intp)
        here = (movies >= 0) & (known[users] == wanted if len(known) else False)
        users, movies = users[here], movies[here]
        user_part = self._user_factors[users, self._rank_factors :].astype(np.float64)
        item_part = self._item_factors[movies, self._rank_factors :].astype(np.float64)
        ratings = np.full(len(wanted), np.nan)
        ratings[here] = np.clip(
            self._global_mean
            + self._user_bias[users]
            + item_part[:, -1]
            + np.einsum("ij,ij->i", user_part, item_part[:, :-1]),
            RATING_MIN,
            RATING_MAX,
        )
        return ratings

    def seen_rows(self, user_row: int) -> npt.NDArray[np.int32]:
        """Return the rows of the user's training movies."""
        seen: npt.NDArray[np.int32] = self._seen_items[
            self._seen_indptr[user_row] : self._seen_indptr[user_row + 1]
        ]
        return seen

    def _user_vector(self, user_row: int) -> Scores:
        vector = np.empty(self._item_factors.shape[1], dtype=np.float32)
        rank_weight, rating_weight = self._user_blend[user_row]
        factors = self._user_factors[user_row]
        cut = self._rank_factors
        np.multiply(factors[:cut], rank_weight, out=vector[:cut])
        np.multiply(factors[cut:], rating_weight, out=vector[cut:-1])
        vector[-1] = rating_weight
        return vector

    def _from_stored(
        self, stored: npt.NDArray[np.int32], n: int, exclude: Collection[str], genre: str | None
    ) -> list[int]:
        """Answer from a stored list; fewer than n rows when it is too short for what was asked."""
        if genre is not None:
            stored = stored[self._genre_mask[self.genre_row(genre)][stored]]
        return first(stored, n, self._known(exclude) if exclude else ())

    def _from_scores(self, user_row: int, n: int, exclude: Collection[str], genre: str | None) -> list[int]:
        scores = self.scores(user_row)
        if exclude:
            scores[list(self._known(exclude))] = -np.inf
        if genre is None:
            return best(scores, n)
        candidates = np.flatnonzero(self._genre_mask[self.genre_row(genre)])
        chosen: list[int] = candidates[best(scores[candidates], n)].tolist()
        return chosen

    def _known(self, movies: Collection[str]) -> set[int]:
        return {self._row_of_movie[movie] for movie in movies if movie in self._row_of_movie}


def first(order: npt.NDArray[np.int32], n: int, hidden: Collection[int]) -> list[int]:
    """Return the first n rows of an ordered list that are not hidden; -1 ends a list early."""
    rows = order[: n + len(hidden)].tolist()
    if hidden or (rows and rows[-1] < 0):
        rows = [row for row in rows if row >= 0 and row not in hidden]
    chosen: list[int] = rows[:n]
    return chosen


def best(scores: Scores, n: int) -> list[int]:
    """Return the rows of the n highest finite scores, best first; equal scores in the order of the rows."""
    if n < len(scores):
        # By value, not by argpartition: that would choose freely among rows of equal score.
        rows = np.flatnonzero(scores >= np.partition(scores, len(scores) - n)[len(scores) - n])
    else:
        rows = np.arange(len(scores))
    rows = rows[np.argsort(-scores[rows], kind="stable")][:n]
    return [row for row in rows.tolist() if scores[row] != -np.inf]
