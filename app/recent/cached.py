"""Keeps lists that were computed: the same question has the same answer until something changes."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import Any

from app.recent.port import Age, Lists
from app.recommender import PERSONAL, Answer, Recommender
from app.scoring.reasons import Why

HIT, MISS = "hit", "miss"
CACHE_OUTCOMES = (HIT, MISS)


class CachedLists:
    """Answers as the lists behind it do, for users without a stored list from memory where it can.

    What is kept is found by all that a list depends on, so it cannot be old; the least used goes first.
    """

    def __init__(self, lists: Lists, most: int, count: Callable[[str], object]) -> None:
        self._lists, self._most, self._count = lists, most, count
        self._kept: tuple[Recommender | None, OrderedDict[Hashable, Answer]] = (None, OrderedDict())

    @property
    def age(self) -> Age:
        return self._lists.age

    @property
    def status(self) -> dict[str, Any] | None:
        return self._lists.status

    def recommend(
        self,
        recommender: Recommender,
        user_id: int,
        n: int = 20,
        exclude: Collection[str] = (),
        genre: str | None = None,
    ) -> Answer:
        row = recommender.user_row(user_id)
        if row is not None and recommender.has_stored(row):
            return self._lists.recommend(recommender, user_id, n, exclude, genre)
        model, kept = self._kept
        if model is not recommender:  # nothing keeps a model that is no longer in use
            kept = OrderedDict()
            self._kept = recommender, kept
        # Before the list is made: what changes meanwhile makes another question.
        question = (user_id, n, tuple(exclude), genre, self._lists.known_since(user_id))
        answer = kept.pop(question, None)  # two threads may take it: one computes
        if answer is None:
            answer = self._lists.recommend(recommender, user_id, n, exclude, genre)
            if answer.source != PERSONAL:  # no more than a look at a list
                return answer
            self._count(MISS)
        else:
            self._count(HIT)
        kept[question] = answer
        if len(kept) > self._most:  # each adds one and takes one, so it never has many more
            kept.popitem(last=False)
        return answer

    def known_since(self, user_id: int) -> Hashable:
        return self._lists.known_since(user_id)

    def user_row(self, recommender: Recommender, user_id: int) -> int | None:
        return self._lists.user_row(recommender, user_id)

    def scores(self, recommender: Recommender, user_id: int, rows: list[int]) -> list[float] | None:
        return self._lists.scores(recommender, user_id, rows)

    def reasons(self, recommender: Recommender, user_id: int, answer: Answer) -> list[Why] | None:
        return self._lists.reasons(recommender, user_id, answer)

    def seen_since(self, recommender: Recommender, user_id: int) -> set[int]:
        return self._lists.seen_since(recommender, user_id)

    def refresh(self) -> None:
        self._lists.refresh()

    def series(self) -> bytes:
        return self._lists.series()
