"""Lists that know what a user did since the model was trained."""

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from app.recent.port import Age, model_scores
from app.recent.rows import Held, codes, decode, rating_of
from app.recent.series import page
from app.recommender import MAX_REASONS, PERSONAL, Answer, Recommender
from app.scoring.item_part import Later, Sums
from app.scoring.own import Weights
from app.scoring.reasons import Why

if TYPE_CHECKING:  # training asks for lists, too, and has no store's library
    from app.recent.reader import RecentReader

OWN_LIST_EVENTS = 10  # on real data nothing beats popularity for a new user with fewer


class Learnt(NamedTuple):
    """What the manifest says of how histories weigh, for the arithmetic of training.

    A version before says neither the popularity of own lists, and that of all parts counts, nor how factors
    are solved, and own lists are made of items.
    """

    half_life: float | None
    rating_power: float
    popular_weights: Sequence[tuple[int, float]]  # of own lists, from so many events on, rising
    own_list_events: int
    item_weight: float = 1.0  # of own lists, beside what is left for factors

    @classmethod
    def of(cls, manifest: Any) -> "Learnt":
        choice = manifest.get("choice") or {}
        train = (manifest.get("parameters") or {}).get("train") or {}
        scalars = manifest["scalars"]
        popular = choice.get("own_popular_weights") or choice.get("popular_weights", {})
        weights = sorted((int(least), float(one)) for least, one in popular.items())
        least = max(int(scalars["min_events"]), OWN_LIST_EVENTS)
        return cls(
            choice.get("half_life"),
            float(train.get("rating_power", 2.5)),
            weights,
            int(scalars.get("own_list_events", least)),
            float(choice.get("item_weight", 1)) if "als_regularization" in scalars else 1.0,
        )

    def strength(self, title: Held) -> float:
        """Return how much a title says that the user likes it: the mean of what is known, 0 of nothing."""
        known = [1.0] if title.finished else []
        if title.rating is not None:
            known.append(((rating_of(title.rating) - 1) / 4) ** self.rating_power)
        return sum(known) / len(known) if known else 0.0

    def fade(self, events: int) -> float:
        return 1.0 if self.half_life is None else float(0.5 ** (events / self.half_life))

    def weights(self, events: int) -> Weights:
        """Return what the parts count in the own list of a user with so many events."""
        popular = next((one for least, one in reversed(self.popular_weights) if events >= least), 0.0)
        return Weights(1 - self.item_weight, self.item_weight, popular)


class Known(NamedTuple):
    """One model, and where in it each title of the store is; -1 for one that it has not."""

    recommender: Recommender
    learnt: Learnt
    movies: list[str]
    rows: list[int]


class RecentLists:
    """Answers as the model does, without what the user has seen since, and with what that says of him."""

    def __init__(self, reader: "RecentReader") -> None:
        self._reader = reader
        self._known: Known | None = None
        self.age = Age()

    @property
    def status(self) -> dict[str, Any]:
        """Return what `/version` and `/metrics` say of recent events; nothing while there is no store."""
        age_s = self._reader.age_s
        if age_s is None:
            return {}
        return {"age_s": round(age_s, 1), **self._reader.status}

    def refresh(self) -> None:
        """Take over what is new of the store; to be called once a second."""
        self._reader.refresh()
        age_s = self._reader.age_s
        self.age = Age() if age_s is None else Age.of(age_s)

    def series(self) -> bytes:
        return page(self.status)

    def recommend(
        self,
        recommender: Recommender,
        user_id: int,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
    ) -> Answer:
        """Return what `Recommender.recommend` does where nothing is held of the user."""
        row = self._reader.row(user_id)
        if row is not None and (hidden := _rows(known := self._of(recommender), row)):
            if exclude:
                hidden.update(recommender.known_rows(exclude))
            return answer_with(known, row, self.user_row(recommender, user_id), n, hidden, genre)
        if user_id in self._reader.forgotten:
            return recommender.popular(n, exclude, genre)
        return recommender.recommend(user_id, n, exclude, genre)

    def user_row(self, recommender: Recommender, user_id: int) -> int | None:
        return None if user_id in self._reader.forgotten else recommender.user_row(user_id)

    def scores(self, recommender: Recommender, user_id: int, rows: list[int]) -> list[float] | None:
        """Return what `answer_with` would order the rows by; as the model does where nothing is held."""
        held, user_row = self._reader.row(user_id), self.user_row(recommender, user_id)
        if held is None or not _rows(known := self._of(recommender), held):
            return model_scores(recommender, user_row, rows)
        later = _later(known, held, user_row)
        if user_row is not None and recommender.is_personal(user_row):
            return recommender.score_rows(user_row, rows, later)
        own = _own_scores(known, later, user_row)
        return None if own is None else own[rows].tolist()

    def reasons(self, recommender: Recommender, user_id: int, answer: Answer) -> list[Why] | None:
        """Return what `Recommender.reasons` does; of a computed list, with what is held of the user."""
        user_row, held = self.user_row(recommender, user_id), self._reader.row(user_id)
        if held is None or answer.scores is None or answer.source != PERSONAL:
            return recommender.reasons(user_row, answer)
        known = self._of(recommender)
        later = _later(known, held, user_row)
        if user_row is not None and recommender.is_personal(user_row):
            return recommender.why.of(user_row, answer.rows, MAX_REASONS, later)
        weights = known.learnt.weights(_events(recommender, later, user_row))
        return recommender.why.of_own(user_row, answer.rows, MAX_REASONS, later, weights)

    def seen_since(self, recommender: Recommender, user_id: int) -> set[int]:
        """Return rows of what a user has begun since the training, as far as it is held."""
        row = self._reader.row(user_id)
        return set() if row is None else _rows(self._of(recommender), row)

    def known_since(self, user_id: int) -> Hashable:
        # A store that was begun anew gives titles other numbers.
        return self._reader.name, self._reader.row(user_id), user_id in self._reader.forgotten

    def _of(self, recommender: Recommender) -> Known:
        known, movies = self._known, self._reader.movies
        if known is None or known.recommender is not recommender or known.movies is not movies:
            known = Known(recommender, Learnt.of(recommender.model.manifest), movies, [])
        if len(known.rows) < len(movies):  # as a whole: another thread may be at it, too
            rows = [*known.rows, *recommender.rows_of(movies[len(known.rows) :])]
            known = self._known = known._replace(rows=rows)
        return known


def _rows(known: Known, held: bytes) -> set[int]:
    """Return where the model has the titles of an encoded row, as far as it has them."""
    places, found = known.rows, codes(held)
    try:
        rows = {places[code] for code in found}
    except IndexError:  # of titles that were named since the last look at the store
        rows = {places[code] for code in found if code < len(places)}
    rows.discard(-1)
    return rows


def answer_with(
    known: Known,
    held: bytes,
    user_row: int | None,
    n: int,
    hidden: set[int],
    genre: str | None,
) -> Answer:
    """Return a list that knows the titles of an encoded row, whose rows are `hidden`; needs no store."""
    recommender = known.recommender
    if user_row is not None and recommender.is_personal(user_row):
        rows = recommender.from_stored(user_row, n, hidden, genre)
        if len(rows) == n:
            return Answer(rows, PERSONAL)
        scores = recommender.scores(user_row, _later(known, held, user_row))
    else:
        own = _own_scores(known, _later(known, held, user_row), user_row)
        if own is None:
            return recommender.popular(n, (), genre, user_row, hidden)
        scores = own.astype(np.float32)
        if user_row is not None:
            hidden.update(recommender.seen_rows(user_row).tolist())
    scores[list(hidden)] = -np.inf
    rows = recommender.best_of(scores, n, genre)
    return Answer(rows, PERSONAL, scores[rows].tolist())


def _own_scores(known: Known, later: Later, user_row: int | None) -> Sums | None:
    """Score every movie, shape (M,), for a user whom training hardly knows; None with too few events."""
    events = _events(known.recommender, later, user_row)
    if events < known.learnt.own_list_events:
        return None
    return known.recommender.own.scores(user_row, later, known.learnt.weights(events))


def _events(recommender: Recommender, later: Later, user_row: int | None) -> int:
    return len(later.movies) + (0 if user_row is None else len(recommender.seen_rows(user_row)))


def _later(known: Known, held: bytes, user_row: int | None) -> Later:
    """Return what is new beside the user's training history, newest first."""
    seen = set() if user_row is None else set(known.recommender.seen_rows(user_row).tolist())
    recent = [(known.rows[title.code], title) for title in decode(held) if title.code < len(known.rows)]
    new = [(row, title) for row, title in recent if row >= 0 and row not in seen]
    learnt = known.learnt
    liking = np.array([learnt.strength(title) for _, title in new])
    fades = np.array([learnt.fade(age) for age in range(len(new))])
    return Later([row for row, _ in new], liking, liking * fades, learnt.fade(len(new)))
