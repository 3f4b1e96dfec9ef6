"""Answers from a model: stored lists where there are some, live scores elsewhere, popularity for new users.

Training scores and gates through this class, so that what is measured is what is served.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.artifact import Model, UnknownGenreError, UnknownMovieError
from app.scoring.equations import UserEquations
from app.scoring.item_part import ItemPart, Later
from app.scoring.ordering import Scores, best, first
from app.scoring.own import OwnScores
from app.scoring.ratings import Ratings
from app.scoring.reasons import Reasons, Why
from app.scoring.similar import Similar

PERSONAL = "personal"
POPULAR = "popular"
MAX_USER_ID = 2**63 - 1
MAX_POPULAR = 100  # as many as anybody may ask for
# A search over a million ids waits for memory at nearly every step; this many lie side by side in one page.
MILE = 256
MAX_REASONS = 3


class Answer(NamedTuple):
    """An ordered list: rows into the model's movies, best first, and where it comes from.

    `scores` is what it was ranked by, where that is more than the model says.
    """

    rows: list[int]
    source: str
    scores: list[float] | None = None


class Recommender:
    """One model, ready to answer. Immutable: safe to share between threads."""

    def __init__(self, model: Model) -> None:
        arrays = model.arrays
        self.model = model
        self.movie_ids = model.movies.ids
        self._encoded_ids = [movie.encode() for movie in self.movie_ids]
        self._row_of_movie = {movie: row for row, movie in enumerate(self.movie_ids)}
        self._row_of_genre = {name.casefold(): row for row, name in enumerate(model.movies.genres)}
        scalars = model.manifest["scalars"]
        self._min_events = int(scalars["min_events"])
        self._rank_factors = int(scalars["rank_factors"])
        self._ratings = Ratings(arrays, scalars)
        self._id_of = arrays["user_ids"].data
        self._milestones: list[int] = arrays["user_ids"][::MILE].tolist()
        self._user_count = len(arrays["user_ids"])
        self._user_events = arrays["user_events"]
        self._user_factors = arrays["user_factors"]
        self._user_blend = arrays["user_blend"]
        # One number or one short list at a time is read through memoryviews: numpy's scalars cost more.
        self._events_of = self._user_events.data
        self._list_row_of = arrays["user_list_row"].data
        self._stored_length = int(arrays["top_items"].shape[1])
        self._stored = arrays["top_items"].reshape(-1).data
        self._seen_indptr = arrays["seen_indptr"]
        self._seen_items = arrays["seen_items"]
        self._item_factors = arrays["item_factors"]
        self.item_part = ItemPart(arrays)
        equations = UserEquations.of(scalars, arrays)
        self.own = OwnScores(self.item_part, equations)
        self.why = Reasons(model, self.item_part, self.own, equations)
        self._popular_order = arrays["popular_order"]
        self._item_popularity = arrays["item_popularity"]
        self._genre_mask = arrays["genre_mask"]
        # Worked out once: popular lists of a genre would pass over all movies otherwise.
        self._most_popular: list[int] = self._popular_order[:MAX_POPULAR].tolist()
        self._popular_in_genre = [self._popular_order[mask[self._popular_order]] for mask in self._genre_mask]
        self._similar = Similar(self._item_factors[:, : self._rank_factors], self.item_part)

    @property
    def stored_length(self) -> int:
        """Length of the stored lists: longer answers are computed."""
        return self._stored_length

    def user_row(self, user_id: int) -> int | None:
        """Return the user's row in the model's arrays, None for a user whom training never saw."""
        if not 0 <= user_id <= MAX_USER_ID:
            return None
        begin = (bisect_right(self._milestones, user_id) - 1) * MILE
        if begin < 0:
            return None
        row = bisect_left(self._id_of, user_id, begin, min(begin + MILE, self._user_count))
        return row if row < self._user_count and self._id_of[row] == user_id else None

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
        if not self.is_personal(row):
            return self.popular(n, exclude, genre, user_row=row)
        hidden = self.known_rows(exclude) if exclude else ()
        rows = self.from_stored(row, n, hidden, genre)
        if len(rows) == n:
            return Answer(rows, PERSONAL)
        scores = self.scores(row)
        if hidden:
            scores[list(hidden)] = -np.inf
        return Answer(self.best_of(scores, n, genre), PERSONAL)

    def popular(
        self,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
        user_row: int | None = None,
        hidden: Collection[int] = (),
    ) -> Answer:
        """Return the n most popular movies, without the training movies of the user, when one is given."""
        if not exclude and genre is None and user_row is None and not hidden and n <= MAX_POPULAR:
            return Answer(self._most_popular[:n], POPULAR)
        order = self._popular_order if genre is None else self._popular_in_genre[self.genre_row(genre)]
        hidden = {*hidden, *self.known_rows(exclude)}
        if user_row is not None:
            hidden.update(self.seen_rows(user_row).tolist())
        return Answer(first(order, n, hidden), POPULAR)

    def similar(self, movie_id: str, n: int = 20) -> tuple[list[int], Scores]:
        """Return rows and scores of the n movies that are nearest to a movie, as `Similar.to` says."""
        return self._similar.to(self.movie_row(movie_id), n)

    def is_personal(self, user_row: int) -> bool:
        """Tell whether the user has training events enough for a list of his own."""
        return bool(self._events_of[user_row] >= self._min_events)

    def has_stored(self, user_row: int) -> bool:
        """Tell whether there is a stored list of the user."""
        return bool(self._list_row_of[user_row] >= 0)

    def scores(self, user_row: int, later: Later | None = None) -> Scores:
        """Score every movie for one user, shape (M,) float32; the user's training movies have -inf."""
        if self.item_part.is_empty:
            scores: Scores = self._item_factors @ self._user_vector(user_row)
        elif self._user_blend[user_row].any():
            scores = self._item_factors @ self._user_vector(user_row)
            scores += self.item_part.scores(user_row, later)
        else:  # without a product over all factors, most of the time
            scores = self.item_part.scores(user_row, later).astype(np.float32)
        scores[self.seen_rows(user_row)] = -np.inf
        return scores

    def score_rows(self, user_row: int | None, rows: list[int], later: Later | None = None) -> list[float]:
        """Return what the rows were ranked by: the blended score, or popularity for a user without one."""
        if user_row is None or self._user_events[user_row] < self._min_events:
            return [float(value) for value in self._item_popularity[rows]]
        scores = self._item_factors[rows] @ self._user_vector(user_row)
        if not self.item_part.is_empty:
            scores += self.item_part.scores(user_row, later)[rows]
        return [float(value) for value in scores]

    def reasons(self, user_row: int | None, answer: Answer) -> list[Why] | None:
        """Return for each movie of a personal list what speaks for it: up to three of the user's own."""
        if user_row is None or answer.source != PERSONAL:
            return None
        return self.why.of(user_row, answer.rows, MAX_REASONS)

    def line_of(self, rows: Sequence[int]) -> bytes:
        """Return the ids of movies as one comma-separated line."""
        ids = self._encoded_ids
        return b",".join([ids[row] for row in rows])

    def predict(self, user_ids: npt.ArrayLike, movie_ids: Collection[str]) -> npt.NDArray[np.float64]:
        """Predict ratings (1-5), one per pair; NaN where training has not seen the user or the movie."""
        return self.predict_rows(user_ids, np.array(self.rows_of(movie_ids), dtype=np.intp))

    def predict_rows(self, user_ids: npt.ArrayLike, movies: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Predict the same of movies by their row, -1 for an unknown one."""
        return self._ratings.predict(user_ids, movies)

    def seen_rows(self, user_row: int) -> npt.NDArray[np.int32]:
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

    def from_stored(self, user_row: int, n: int, hidden: Collection[int], genre: str | None) -> list[int]:
        """Answer from a stored list; fewer than n rows when there is none or too short a one."""
        list_row = self._list_row_of[user_row]
        if list_row < 0:
            return []
        start = list_row * self._stored_length
        if genre is None:  # nearly every request
            length = min(n + len(hidden), self._stored_length)
            rows: list[int] = self._stored[start : start + length].tolist()
            if hidden or (rows and rows[-1] < 0):
                rows = [row for row in rows if row >= 0 and row not in hidden][:n]
            return rows
        stored = np.asarray(self._stored[start : start + self._stored_length])
        stored = stored[self._genre_mask[self.genre_row(genre)][stored]]
        return first(stored, n, hidden)

    def best_of(self, scores: Scores, n: int, genre: str | None) -> list[int]:
        """Return the rows of the n highest finite scores, of one genre where one is given."""
        if genre is None:
            return best(scores, n)
        candidates = np.flatnonzero(self._genre_mask[self.genre_row(genre)])
        chosen: list[int] = candidates[best(scores[candidates], n)].tolist()
        return chosen

    def rows_of(self, movies: Collection[str]) -> list[int]:
        """Return the row of each movie, -1 for those that the model has not."""
        return [self._row_of_movie.get(movie, -1) for movie in movies]

    def known_rows(self, movies: Collection[str]) -> set[int]:
        """Return the rows of those movies that the model has."""
        return {self._row_of_movie[movie] for movie in movies if movie in self._row_of_movie}
