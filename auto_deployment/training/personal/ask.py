"""Questions for movies that users were held out with, and where each movie comes with each weight."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from app.recent.port import model_scores
from app.recommender import Recommender
from search.asked.questions import RULES, Made
from search.finder import Found
from search.fusion import Kind
from search.local import LocalSearch
from search.movies import Movie
from search.personal.blend import CANDIDATES, Candidates, is_of_this_catalogue, ordered
from search.text import QueryError, words_of

TITLE_RULE = "title"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A user, and what he went on to watch and like."""

    user_row: int
    movies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Tried:
    """One question of a user; `ranks` are reciprocal ranks of the movie by weight, 0 where it is missing."""

    user_row: int
    rule: str
    kind: Kind
    ranks: Mapping[float, float]
    first: Mapping[float, bool]  # whether the first movie has the title that was asked for


def wanted_of(
    recommender: Recommender, relevant: pd.DataFrame, users: int, movies: int, seed: int
) -> list[Wanted]:
    """Draw users with lists of their own, and of each some of the relevant movies that were held out."""
    draw = random.Random(seed)
    held = dict[int, set[str]]()
    for user, movie in zip(relevant["user_id"].tolist(), relevant["movie_id"].tolist(), strict=True):
        held.setdefault(int(user), set()).add(str(movie))
    rows = {user: recommender.user_row(user) for user in sorted(held)}
    known = [user for user, row in rows.items() if row is not None and recommender.is_personal(row)]
    chosen = sorted(draw.sample(known, min(users, len(known))))
    found = [(rows[user], draw.sample(sorted(held[user]), min(movies, len(held[user])))) for user in chosen]
    return [Wanted(row, listed) for row, listed in found if row is not None]


class Asking:
    """Asks an index, and orders what it finds for users of a model."""

    def __init__(
        self, search: LocalSearch, recommender: Recommender, movies: Sequence[Movie], weights: Sequence[float]
    ) -> None:
        self._recommender, self._weights = recommender, weights
        self._movies = {movie.id: movie for movie in movies}
        self._ids, self._rows = search.head.ids, recommender.rows_of(search.head.ids)
        self._find = lru_cache(maxsize=None)(lambda text: _candidates(search, text))

    def all(self, wanted: Sequence[Wanted], seed: int) -> Iterator[Tried]:
        """Ask a question of every kind for each movie; the same ones for the same seed."""
        every = list(range(len(self._recommender.movie_ids)))
        for one in wanted:
            scores = model_scores(self._recommender, one.user_row, every)
            for movie_id in one.movies:
                movie = self._movies.get(movie_id)
                if movie is not None and scores is not None:
                    yield from self._about(one.user_row, movie, scores, seed)

    def _about(self, user_row: int, movie: Movie, scores: Sequence[float], seed: int) -> Iterator[Tried]:
        for rule, make in RULES.items():
            made = make(movie, words_of(movie.title), random.Random(f"{seed} {rule} {user_row} {movie.id}"))
            if made is None:
                continue
            try:
                candidates = self._find(made.text)
            except QueryError:  # a title without a word
                continue
            rows = [self._rows[found.row] for found in candidates.found]
            given = [None if row < 0 else scores[row] for row in rows]
            orders = {one: self._order(candidates, given, one) for one in self._weights}
            ranks = {one: self._rank(order, movie.id) for one, order in orders.items()}
            first = {one: self._is_first(order, made) for one, order in orders.items()}
            yield Tried(user_row, rule, candidates.kind, ranks, first)

    def _order(self, candidates: Candidates, given: Sequence[float | None], weight: float) -> Sequence[Found]:
        return ordered(candidates, given, weight) if is_of_this_catalogue(given) else list(candidates.found)

    def _rank(self, order: Sequence[Found], movie_id: str) -> float:
        places = (1 / place for place, one in enumerate(order, 1) if self._ids[one.row] == movie_id)
        return next(places, 0.0)

    def _is_first(self, order: Sequence[Found], made: Made) -> bool:
        return bool(order) and made.meant(self._movies[self._ids[order[0].row]])


def _candidates(search: LocalSearch, text: str) -> Candidates:
    asked, found = search.understood(text, CANDIDATES)
    return Candidates.of(asked, found)
